"""The scenario ``volume_types`` tries each type, and what is wrong with one hides nothing about the others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.seasons import Season, Weather
from tests.integration.scenarios.volume_season import SEASON

NAME = "volume_types"
PER_TYPE = ("Create the volume", "Wait until the volume is available", "Delete the volume")


def steps_of(run: Probed, zone: str) -> list[str]:
    steps = [step for step in run.scenario(NAME).steps if step.zone == zone and step.outcome is Outcome.PASSED]
    return [step.name.removesuffix(f" [{zone}]") for step in steps]


def test_a_volume_of_each_type_is_made_and_deleted(calm: Callable[[Season], Probed]) -> None:
    run = calm(SEASON)
    assert {step.outcome for step in run.scenario(NAME).steps} == {Outcome.PASSED}
    assert {step.zone for step in run.scenario(NAME).steps} == {None, "__DEFAULT__", "fast"}
    for zone in ("__DEFAULT__", "fast"):
        assert steps_of(run, zone) == list(PER_TYPE)


@pytest.mark.thorough
def test_only_the_types_of_the_options_are_tried_as_many_at_a_time_as_they_say(probe: Callable[..., Probed]) -> None:
    run = probe(NAME, options={NAME: {"types": ["fast", "__DEFAULT__"], "without": ["fast"], "at_once": 1}})
    assert run.exit_code == 0, run.said
    assert {step.zone for step in run.scenario(NAME).steps} == {None, "__DEFAULT__"}
    one_by_one = probe(NAME, options={NAME: {"at_once": 1}})
    zones = [step.zone for step in one_by_one.scenario(NAME).steps if step.zone]
    assert zones in (["fast"] * 3 + ["__DEFAULT__"] * 3, ["__DEFAULT__"] * 3 + ["fast"] * 3)


def test_a_type_that_the_options_name_and_the_cloud_lacks_is_failed(probe: Callable[..., Probed]) -> None:
    run = probe(NAME, options={NAME: {"types": ["fast", "gone"]}})
    assert run.exit_code == 1
    assert run.bad_steps(NAME) == [("Find the types that the configuration names", None)]


@pytest.mark.parametrize("what", SEASON.faults_of(NAME))
def test_a_fault_is_seen_at_its_step_and_nothing_is_left(what: str, weather: Weather) -> None:
    run = weather(SEASON, NAME, what)
    fault = SEASON.scenarios[NAME][what]
    for zone in {"fast", "__DEFAULT__"} - {fault.zone} if fault.zone else ():
        assert steps_of(run, zone) == list(PER_TYPE), run.said
