"""The scenario ``volume_backup`` passes on a cloud that works, and sees each way in which a backup is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.seasons import Season, Weather
from tests.integration.scenarios.volume_season import SEASON

NAME = "volume_backup"
STEPS = [
    "Create the volume",
    "Back the volume up",
    "Back up what has changed",
    "Find the backup in the list",
    "Find the volume as it was",
    "Lose the volume",
    "Restore the backup",
    "Wait until the backup can be used again",
    "Delete the restored volume",
    "Delete the incremental backup",
    "Delete the backup",
]
INCREMENTAL = {"Back up what has changed", "Delete the incremental backup"}


def test_everything_passes_on_a_cloud_that_works(calm: Callable[[Season], Probed]) -> None:
    outcomes = {step.name: step.outcome for step in calm(SEASON).scenario(NAME).steps}
    assert list(outcomes) == STEPS
    assert {name for name, outcome in outcomes.items() if outcome is Outcome.SKIPPED} == INCREMENTAL
    assert {outcomes[name] for name in set(STEPS) - INCREMENTAL} == {Outcome.PASSED}


@pytest.mark.thorough
def test_an_incremental_backup_of_a_certain_type_zone_and_size_is_restored(probe: Callable[..., Probed]) -> None:
    options = {"incremental": True, "size": 2, "type": "fast", "zone": "az2"}
    run = probe(NAME, options={NAME: options})
    assert run.exit_code == 0, run.said
    assert {step.outcome for step in run.scenario(NAME).steps} == {Outcome.PASSED}
    sizes = {check.actual for step in run.scenario(NAME).steps for check in step.checks if "size" in check.name}
    assert sizes == {2}


@pytest.mark.parametrize("what", SEASON.faults_of(NAME))
def test_a_fault_is_seen_at_its_step_and_nothing_is_left(what: str, weather: Weather) -> None:
    weather(SEASON, NAME, what)
