"""The scenario `network`, in fair weather and with the faults that it must see."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.common_season import SEASON
from tests.integration.scenarios.seasons import Weather


def test_every_step_passes_in_fair_weather(fair_weather: Probed) -> None:
    steps = fair_weather.scenario("network").steps
    assert {step.outcome for step in steps} == {Outcome.PASSED}
    assert len({step.key for step in steps}) == 20


def test_deletes_are_steps_and_nothing_is_left_to_the_teardown(fair_weather: Probed) -> None:
    assert not [step.name for step in fair_weather.scenario("network").steps if step.kind == "teardown"]


def test_it_makes_one_of_each_kind_and_two_subnets_and_rules(fair_weather: Probed) -> None:
    kinds = sorted(resource.kind for resource in fair_weather.scenario("network").resources)
    single = ["floating_ip", "network", "port", "router", "security_group"]
    assert kinds == sorted([*single, "subnet", "subnet", "security_group_rule", "security_group_rule"])


@pytest.mark.parametrize("what", SEASON.faults_of("network"))
def test_a_fault_is_seen_where_it_is(what: str, weather: Weather) -> None:
    weather(SEASON, "network", what)


def test_a_cloud_without_external_network_is_probed_without_floating_ip(probe: Callable[..., Probed]) -> None:
    run = probe("network", options={"network": {"external": {}}})
    assert run.exit_code == 0
    outcomes = {step.name: step.outcome for step in run.scenario("network").steps}
    assert outcomes.pop("Find the external network") is Outcome.SKIPPED
    assert set(outcomes.values()) == {Outcome.PASSED}
    assert "Create a floating IP" not in outcomes


def test_an_external_network_that_is_named_and_gone_is_failed(probe: Callable[..., Probed]) -> None:
    run = probe("network", options={"network": {"external": {"name": "elsewhere"}}})
    assert run.exit_code == 1
    assert run.bad_steps("network") == [("Find the external network", None)]
