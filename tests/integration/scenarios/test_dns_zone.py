"""The scenario ``dns_zone`` passes where names are answered as ordered, and sees it where they are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.full_season import SEASON
from tests.integration.scenarios.seasons import Weather

ASKED = [
    "Ask a name server for the name",
    "Ask a name server for the changed name",
    "Ask a name server for the deleted name in vain",
    "Ask a name server for the deleted zone in vain",
]
STEPS = [
    "Create the zone",
    "Read the zone's name servers",
    "Create the record set",
    ASKED[0],
    "Update the record set",
    ASKED[1],
    "Delete the record set",
    ASKED[2],
    "Delete the zone",
    ASKED[3],
]


def test_everything_passes_on_a_cloud_that_works(full_probe: Callable[..., Probed]) -> None:
    run = full_probe("dns_zone", options={"dns_zone": {"domain": ".probes.example.", "create_limit": 0.001}})
    assert (run.exit_code, run.bad_steps("dns_zone")) == (1, [("Create the zone", None)]), run.said
    assert run.step("dns_zone", "Create the zone").message.startswith("too slow")
    steps = run.scenario("dns_zone").steps
    assert [step.name.removesuffix(f" [{step.zone}]") for step in steps] == STEPS
    assert all(bool(step.zone) == (step.name.removesuffix(f" [{step.zone}]") in ASKED) for step in steps)


@pytest.mark.thorough
def test_the_zones_own_name_servers_are_asked_when_none_are_given(full_probe: Callable[..., Probed]) -> None:
    run = full_probe("dns_zone", options={"dns_zone": {"servers": [], "answer_deadline": 5}})
    assert run.outcomes()["dns_zone"] is not Outcome.PASSED
    named = [("Ask a name server for the name", f"ns{number}.pocketcloud.example.") for number in (1, 2)]
    assert run.bad_steps("dns_zone") == named, run.said  # nobody knows their addresses


@pytest.mark.parametrize("what", SEASON.faults_of("dns_zone"))
def test_a_fault_is_seen_where_it_is(what: str, full_weather: Weather) -> None:
    full_weather(SEASON, "dns_zone", what)
