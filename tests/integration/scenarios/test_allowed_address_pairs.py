"""The scenario ``allowed_address_pairs`` in fair weather, on a network of others, and with the faults it must see."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from openstack.connection import Connection
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.network_season import SEASON, neutron
from tests.integration.scenarios.seasons import Season, Weather

NAME = "allowed_address_pairs"
ELSEWHERE = "Allow a pair on the network of others in vain"
STEPS = [
    "Create the network",
    "Create the subnet",
    "Create the port of the virtual address",
    "Create the member ports [first]",
    "Create the member ports [second]",
    "Find the pair in the list of ports",
    "Move the virtual address to another hardware address",
    "Allow a whole range",
    "Allow what is no address in vain",
    "Find the networks of others",
    ELSEWHERE,
    "Take the pairs back [first]",
    "Take the pairs back [second]",
    "Delete the member ports [first]",
    "Delete the member ports [second]",
    "Delete the port of the virtual address",
    "Delete the subnet",
    "Delete the network",
]


@pytest.fixture
def shared_network(admin: Connection) -> Iterator[None]:
    """A network of the operator's on which every project may make ports."""
    network = admin.network.create_network(name="for everybody", is_shared=True)
    admin.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.60.0.0/24")
    yield
    admin.network.delete_network(network)


def test_everything_passes_on_a_cloud_that_works(calm: Callable[[Season], Probed]) -> None:
    outcomes = {step.name: step.outcome for step in calm(SEASON).scenario(NAME).steps}
    assert list(outcomes) == STEPS
    assert outcomes.pop(ELSEWHERE) is Outcome.SKIPPED, "the cloud has no shared network"
    assert set(outcomes.values()) == {Outcome.PASSED}


def test_on_the_network_of_others_a_pair_must_be_refused(shared_network: None, probe: Callable[..., Probed]) -> None:
    run = probe(NAME)
    assert run.exit_code == 0, run.said
    step = run.step(NAME, ELSEWHERE)
    assert (step.outcome, step.http_status) == (Outcome.PASSED, 403)


def test_a_pair_that_is_allowed_on_the_network_of_others_is_failed(
    shared_network: None, probe: Callable[..., Probed]
) -> None:
    rule = neutron("POST", "/ports$", sent="-elsewhere", status=201, body={"port": {"id": "invented"}})
    run = probe(NAME, rules=rule)
    assert run.bad_steps(NAME) == [(ELSEWHERE, None)], run.said
    assert run.step(NAME, ELSEWHERE).outcome is Outcome.FAILED


@pytest.mark.thorough
def test_an_operator_may_do_it_everywhere(shared_network: None, probe: Callable[..., Probed]) -> None:
    run = probe(NAME, cloud="admin")
    assert run.exit_code == 0, run.said
    assert run.step(NAME, ELSEWHERE).outcome is Outcome.SKIPPED


@pytest.mark.parametrize("what", SEASON.faults_of(NAME))
def test_a_fault_is_seen_at_its_step_and_nothing_is_left(what: str, weather: Weather) -> None:
    weather(SEASON, NAME, what)
