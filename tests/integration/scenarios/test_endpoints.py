"""The scenario `endpoints`, in fair weather and with the faults that it must see."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.storms import ENDPOINTS, Fault, Storm, assert_seen

SERVICES = {"block-storage", "compute", "identity", "image", "network", "placement"}


def asked(run: Probed) -> dict[str | None, Outcome]:
    return {step.zone: step.outcome for step in run.scenario("endpoints").steps if step.key == "ask_the_service"}


def test_every_service_of_the_catalog_answers_in_fair_weather(fair_weather: Probed) -> None:
    assert asked(fair_weather) == dict.fromkeys(SERVICES, Outcome.PASSED)
    assert fair_weather.step("endpoints", "Read the catalog").outcome is Outcome.PASSED


@pytest.mark.parametrize("fault", ENDPOINTS, ids=str)
def test_a_fault_is_seen_where_it_is_and_the_other_services_are_still_asked(
    fault: Fault, storm: Callable[[Fault], Storm]
) -> None:
    assert_seen(storm(fault), fault)
    others = asked(storm(fault).run)
    assert others.pop(fault.zone) is Outcome.FAILED
    assert others == dict.fromkeys(SERVICES - {fault.zone}, Outcome.PASSED)


def test_other_interfaces_are_asked_on_request_and_services_can_be_left_out(probe: Callable[..., Probed]) -> None:
    options = {"endpoints": {"interfaces": ["public", "internal", "mars"], "leave_out": ["network"]}}
    run = probe("endpoints", options=options)
    assert run.exit_code == 0, run.said
    left = SERVICES - {"network"}
    assert asked(run) == {
        **dict.fromkeys(left, Outcome.PASSED),
        **dict.fromkeys({f"{service}-internal" for service in left}, Outcome.PASSED),
        **dict.fromkeys({f"{service}-mars" for service in left}, Outcome.SKIPPED),
    }


def test_a_catalog_that_lost_a_service_is_seen(probe: Callable[..., Probed]) -> None:
    emptied = {"service": "keystone", "path": "/auth/catalog", "remove": ["catalog.1"]}
    run = probe("endpoints", "image", rules=[emptied])
    assert run.exit_code == 1
    assert run.bad_steps("endpoints") == [("Read the catalog", None)]
    assert run.outcomes()["image"] is Outcome.PASSED
