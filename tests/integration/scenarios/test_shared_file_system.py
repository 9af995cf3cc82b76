"""The scenario ``shared_file_system`` passes where shares keep their word, and sees it where they do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.probing import Probed
from tests.integration.scenarios.full_season import SEASON
from tests.integration.scenarios.seasons import Weather

SNAPSHOT = ["Create a snapshot", "Create a share from the snapshot", "Delete the copy", "Delete the snapshot"]
STEPS = [
    "Create the share",
    "Find where it is exported",
    "Let a client in",
    "Extend the share",
    *SNAPSHOT,
    "Let the client in no more",
    "Delete the share",
]


def test_everything_passes_on_a_cloud_that_works(full_probe: Callable[..., Probed]) -> None:
    run = full_probe("shared_file_system")
    assert run.exit_code == 0, run.said
    assert [step.name for step in run.scenario("shared_file_system").steps] == STEPS


@pytest.mark.thorough
def test_options_of_the_share_matter(full_probe: Callable[..., Probed]) -> None:
    client = {"type": "user", "name": "somebody"}
    options = {"size": 2, "growth": 3, "zone": "az2", "protocol": "CIFS", "client": client, "snapshot": False}
    run = full_probe("shared_file_system", options={"shared_file_system": {**options, "create_limit": 0.001}})
    assert (run.exit_code, run.bad_steps("shared_file_system")) == (1, [("Create the share", None)]), run.said
    assert run.step("shared_file_system", "Create the share").message.startswith("too slow")
    steps = run.scenario("shared_file_system").steps
    assert [step.name for step in steps] == [name for name in STEPS if name not in SNAPSHOT]
    checks = {check.name: check.actual for step in steps for check in step.checks}
    assert {value for name, value in checks.items() if "size" in name} == {2, 5}
    assert "somebody" in checks.values()


@pytest.mark.parametrize("what", SEASON.faults_of("shared_file_system"))
def test_a_fault_is_seen_where_it_is(what: str, full_weather: Weather) -> None:
    full_weather(SEASON, "shared_file_system", what)
