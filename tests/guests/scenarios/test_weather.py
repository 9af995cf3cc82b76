"""Every scenario with guests passes on a cloud that works, and finds each of its faults at the step that it hits."""

from __future__ import annotations

import pytest
from stackprobe.metricname import key_of
from stackprobe.results import Outcome
from stackprobe.scenarios import discover, roles_paths

from tests.guests.scenarios.conftest import Calm, Storms
from tests.guests.scenarios.probing import GuestsRun
from tests.guests.scenarios.season import FAULTS, SEASON, modules
from tests.guests.scenarios.test_killed_with_guests import MANY, STEPS


def test_every_scenario_with_guests_has_three_faults_at_least() -> None:
    with_guests = {name for name, one in discover(roles_paths()).items() if "guests" in one.tags}
    assert with_guests == set(SEASON.scenarios)
    assert {name for name, one in modules().items() if len(one.FAULTS) < 3} == set()


@pytest.mark.parametrize("scenario", SEASON.scenarios)
def test_everything_passes_on_a_cloud_that_works(scenario: str, calm: Calm) -> None:
    run = calm(scenario)
    bad = [(one.name, one.message) for one in run.scenario(scenario).bad_steps]
    assert (run.outcome(scenario), bad) == (Outcome.PASSED, []), run.said
    assert not [one.name for one in run.scenario(scenario).steps if one.kind == "teardown"], "it tidies up itself"
    assert run.wrong_cases(scenario) == []


def test_runs_are_killed_in_the_part_that_is_meant(fair: GuestsRun) -> None:
    assert 0.9 < sum(len(fair.scenario(name).steps) for name in MANY) / STEPS < 1.1


@pytest.mark.parametrize(("scenario", "what"), FAULTS)
def test_a_fault_is_seen_in_its_step_and_metric_and_nothing_is_left(scenario: str, what: str, storm: Storms) -> None:
    run = storm(scenario, what)
    fault = SEASON.scenarios[scenario][what]
    of_step = {
        name: value for name, value in run.metrics(scenario).items() if name.startswith(key_of(fault.step) + ".")
    }
    assert [name for name, value in of_step.items() if name.endswith(f".{fault.outcome.value}") and value], of_step
    # its zone was looked at above; one that the step's name holds already is not shown again
    assert bool([one for one in run.wrong_cases(scenario) if one.startswith(fault.step)]) is fault.outcome.is_bad
