"""The scenario ``orchestration`` passes where stacks do what their templates say, and sees it where they do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.full_season import SEASON
from tests.integration.scenarios.seasons import Weather

Probe = Callable[..., Probed]
STEPS = [
    "Preview the stack",
    "Create the stack",
    "Read the stack's resources",
    "Find its network",
    "Preview the update",
    "Update the stack",
    "Find its network as updated",
    "Delete the stack",
    "See that its network is gone",
]


def test_everything_passes_on_a_cloud_that_works(full_probe: Probe) -> None:
    run = full_probe("orchestration", options={"orchestration": {"create_limit": 0.001, "second_cidr": "10.77.0.0/24"}})
    assert (run.exit_code, run.bad_steps("orchestration")) == (1, [("Create the stack", None)]), run.said
    assert run.step("orchestration", "Create the stack").message.startswith("too slow")
    assert [step.name for step in run.scenario("orchestration").steps] == STEPS


@pytest.mark.parametrize("what", SEASON.faults_of("orchestration"))
def test_a_fault_is_seen_where_it_is(what: str, full_weather: Weather) -> None:
    run = full_weather(SEASON, "orchestration", what)
    assert run.outcomes()["orchestration"] is Outcome.FAILED
