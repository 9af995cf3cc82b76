"""The scenario ``load_balancer`` passes where load balancers do as they are told, and sees it where they do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from openstack.connection import Connection
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.full_season import SEASON
from tests.integration.scenarios.seasons import Weather

STEPS = [
    "Create the network",
    "Create the subnet",
    "Create the load balancer",
    "Create the listener",
    "Create the pool",
    "Create the first member",
    "Create the second member",
    "Create the health monitor",
    "Find all parts active",
    "Remove the first member",
    "Delete the load balancer with all its parts",
    "Delete the subnet",
    "Delete the network",
]


def test_everything_passes_on_a_cloud_that_works(full_probe: Callable[..., Probed]) -> None:
    run = full_probe("load_balancer")
    assert (run.exit_code, run.outcomes()["load_balancer"]) == (0, Outcome.PASSED), run.said
    assert [step.name for step in run.scenario("load_balancer").steps] == STEPS


@pytest.mark.thorough
def test_a_subnet_that_is_given_is_used_and_kept(full_probe: Callable[..., Probed], full_demo: Connection) -> None:
    network = full_demo.network.create_network(name="given")
    subnet = full_demo.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.66.0.0/24", name="given")
    options = {"subnet": subnet.id, "members": ["10.66.0.7", "10.66.0.8"], "protocol": "HTTP", "monitor": "PING"}
    run = full_probe("load_balancer", options={"load_balancer": {**options, "create_limit": 0.01}})
    full_demo.network.delete_network(network)
    assert (run.exit_code, run.bad_steps("load_balancer")) == (1, [("Create the load balancer", None)]), run.said
    assert run.step("load_balancer", "Create the load balancer").message.startswith("too slow")
    assert [step.name for step in run.scenario("load_balancer").steps] == STEPS[2:-2]


@pytest.mark.parametrize("what", SEASON.faults_of("load_balancer"))
def test_a_fault_is_seen_where_it_is(what: str, full_weather: Weather) -> None:
    full_weather(SEASON, "load_balancer", what)
