"""The scenario ``volume`` passes on a cloud that works, and sees each way in which block storage breaks its word."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.seasons import Weather
from tests.integration.scenarios.servers_season import SEASON

Probe = Callable[..., Probed]
STEPS = [
    "Create the volume",
    "Extend the volume",
    "Create a snapshot",
    "Create a volume from the snapshot",
    "Rename the copy",
    "Delete the copy",
    "Delete the snapshot",
    "Delete the volume",
]


def test_everything_passes_on_a_cloud_that_works(probe: Probe) -> None:
    run = probe("volume", "network")
    assert (run.exit_code, set(run.outcomes().values())) == (0, {Outcome.PASSED}), run.said
    assert [step.name for step in run.scenario("volume").steps] == STEPS


def test_sizes_of_the_options_are_ordered_and_found(probe: Probe) -> None:
    run = probe("volume", options={"volume": {"size": 2, "growth": 3, "zone": "az2"}})
    assert run.exit_code == 0, run.said
    sizes = {check.actual for step in run.scenario("volume").steps for check in step.checks if "size" in check.name}
    assert sizes == {2, 5}


@pytest.mark.parametrize("what", SEASON.faults_of("volume"))
def test_a_fault_is_seen_at_its_step_and_nothing_is_left(what: str, weather: Weather) -> None:
    weather(SEASON, "volume", what)
