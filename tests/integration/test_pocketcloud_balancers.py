"""The embedded cloud's load balancers: genuine addresses and states, and faults of the machines that are not there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openstack.connection import Connection

from tests.integration.waiting import wait


@pytest.fixture(scope="module")
def subnet(full_demo: Connection) -> Iterator[Any]:
    """A subnet of the customer's, which can be deleted in the end only if nothing is left on it."""
    network = full_demo.network.create_network(name="balanced")
    yield full_demo.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.77.0.0/24", name="balanced")
    full_demo.network.delete_network(network)


def settled(connection: Connection, identity: str) -> Any:
    """The load balancer when it is not being changed any more."""
    return wait(
        lambda: connection.load_balancer.get_load_balancer(identity),
        lambda now: not now.provisioning_status.startswith("PENDING"),
    )


def delete(connection: Connection, identity: str) -> None:
    connection.load_balancer.delete_load_balancer(identity, cascade=True)
    wait(lambda: connection.load_balancer.find_load_balancer(identity), lambda now: now is None)


def test_a_member_that_fails_its_check_is_told(
    subnet: Any, full_demo: Connection, full_faults: Callable[..., None]
) -> None:
    api = full_demo.load_balancer
    made = api.create_load_balancer(name="balancer", vip_subnet_id=subnet.id)
    assert settled(full_demo, made.id).provisioning_status == "ACTIVE"
    owners = {port.device_owner for port in full_demo.network.ports(network_id=subnet.network_id)}
    assert owners == {"Octavia"}
    listener = api.create_listener(load_balancer_id=made.id, protocol="HTTP", protocol_port=80, name="listener")
    settled(full_demo, made.id)
    pool = api.create_pool(listener_id=listener.id, protocol="HTTP", lb_algorithm="ROUND_ROBIN", name="pool")
    settled(full_demo, made.id)
    for name, address in {"good": "10.77.0.10", "bad": "10.77.0.11"}.items():
        api.create_member(pool.id, name=name, address=address, protocol_port=80, subnet_id=subnet.id)
        settled(full_demo, made.id)
    api.create_health_monitor(pool_id=pool.id, type="HTTP", delay=5, timeout=3, max_retries=2)

    def states() -> dict[str, str]:
        members = {one.name: one.operating_status for one in api.members(pool.id)}
        return {**members, "balancer": api.get_load_balancer(made.id).operating_status}

    wait(states, lambda now: set(now.values()) == {"ONLINE"})
    full_faults([{"driver": "member_check", "name": "bad", "error": "connection refused"}])
    wait(states, lambda now: now == {"good": "ONLINE", "bad": "ERROR", "balancer": "DEGRADED"})
    full_faults([])
    wait(states, lambda now: set(now.values()) == {"ONLINE"})
    delete(full_demo, made.id)


def test_machines_can_fail_and_get_stuck(subnet: Any, full_demo: Connection, full_faults: Callable[..., None]) -> None:
    full_faults([{"driver": "balancer_create", "name": "broken", "error": "no"},
                 {"driver": "balancer_delete", "name": "stuck", "stuck": True}])  # fmt: skip
    api = full_demo.load_balancer
    broken, stuck = (api.create_load_balancer(name=name, vip_subnet_id=subnet.id) for name in ("broken", "stuck"))
    assert settled(full_demo, broken.id).provisioning_status == "ERROR"
    assert settled(full_demo, stuck.id).provisioning_status == "ACTIVE"
    delete(full_demo, broken.id)
    api.delete_load_balancer(stuck.id, cascade=True)
    time.sleep(2)
    assert api.get_load_balancer(stuck.id).provisioning_status == "PENDING_DELETE"
    full_faults([])
    wait(lambda: api.find_load_balancer(stuck.id), lambda now: now is None)
