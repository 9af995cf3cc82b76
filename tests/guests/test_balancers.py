"""Load balancers of a cloud with guests: each provider spreads connections, notices a loss, and leaves nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pocketcloud.cloud import Cloud
from pocketcloud.guests import namespaces
from pocketcloud.guests.names import INTEGRATION_BRIDGE, Names

from tests.guests.customer import Connection, Customer
from tests.guests.outside import Outside, until
from tests.integration.waiting import wait

PORT = 8080
VARIANTS = {"amphora": ("HTTP", "ROUND_ROBIN"), "ovn": ("TCP", "SOURCE_IP_PORT")}
EXPIRED_S = 16.0
"""When the switch has forgotten a connection that was refused: after 10 s, and then it sweeps every 5 s."""
ANSWERER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(sys.argv[2].encode() + b"\\n")
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Handler).serve_forever()
"""


class Members:
    """Who answers, each in the network of a guest."""

    def __init__(self, cloud: Cloud, customer: Customer) -> None:
        self.names, self.customer = Names(cloud.layout.root), customer
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, what: str) -> None:
        place = self.names.guest(self.customer.servers[what].id)
        command = ["ip", "netns", "exec", place, sys.executable, "-c", ANSWERER, str(PORT), what]
        self.processes[what] = subprocess.Popen(command)

    def kill(self, what: str) -> None:
        self.processes[what].kill()
        self.processes.pop(what).wait()


@pytest.fixture(scope="module")
def members(cloud: Cloud, customer: Customer) -> Iterator[Members]:
    found = Members(cloud, customer)
    rule = customer.allow("tcp", PORT)
    for what in ("first", "second"):
        found.start(what)
    yield found
    for what in list(found.processes):
        found.kill(what)
    customer.cloud.network.delete_security_group_rule(rule)
    customer.outside.login(customer.address)  # octavia's driver for OVN has touched the members' floating IPs


class Balancer:
    """A load balancer of one provider over both guests, with a floating IP."""

    def __init__(self, customer: Customer, outside: Outside, provider: str) -> None:
        self.customer, self.outside, self.provider = customer, outside, provider
        self.api = customer.cloud.load_balancer
        self.made = self.api.create_load_balancer(
            name=f"tests-{provider}", provider=provider, vip_subnet_id=customer.subnet.id
        )

    def furnish(self) -> None:
        protocol, algorithm = VARIANTS[self.provider]
        self.settle()
        listener = self.api.create_listener(load_balancer_id=self.made.id, protocol=protocol, protocol_port=80)
        self.settle()
        pool = self.api.create_pool(listener_id=listener.id, protocol=protocol, lb_algorithm=algorithm)
        self.pool = pool.id
        for what in ("first", "second"):
            self.settle()
            address, subnet = self.customer.fixed_address(what), self.customer.subnet.id
            self.api.create_member(self.pool, name=what, address=address, protocol_port=PORT, subnet_id=subnet)
        self.settle()
        self.api.create_health_monitor(
            pool_id=self.pool, type=protocol, delay=1, timeout=1, max_retries=1, max_retries_down=1
        )
        self.settle()
        network = self.customer.external
        assert network is not None
        self.floating = self.customer.cloud.network.create_ip(
            floating_network_id=network.id, port_id=self.made.vip_port_id
        )

    def settle(self) -> None:
        now = wait(
            lambda: self.api.get_load_balancer(self.made.id), lambda one: "PENDING" not in one.provisioning_status
        )
        assert now.provisioning_status == "ACTIVE"

    def ask(self, times: int) -> Counter[str]:
        """Who has answered how many of so many requests."""
        one = f"curl -s -m 2 http://{self.floating.floating_ip_address}/ || echo error"
        return Counter(self.outside.run("sh", "-c", f"for i in $(seq {times}); do {one}; done").stdout.split())

    def states(self) -> dict[str, str]:
        """Of its members."""
        return {one.name: one.operating_status for one in self.api.members(self.pool)}

    def delete(self) -> None:
        self.customer.cloud.network.delete_ip(self.floating)
        self.api.delete_load_balancer(self.made.id, cascade=True)
        wait(lambda: self.api.find_load_balancer(self.made.id), lambda now: now is None)


@pytest.fixture(scope="module")
def balancers(members: Members, customer: Customer, outside: Outside) -> Iterator[dict[str, Balancer]]:
    made = {provider: Balancer(customer, outside, provider) for provider in VARIANTS}
    for one in made.values():
        one.furnish()
    yield made
    for one in made.values():
        if one.api.find_load_balancer(one.made.id):
            one.delete()


def all_online(balancer: Balancer) -> None:
    wait(balancer.states, lambda now: set(now.values()) == {"ONLINE"})
    until(lambda: balancer.ask(4).total() - balancer.ask(4)["error"] >= 4, "answers")


def test_requests_are_spread(balancers: dict[str, Balancer]) -> None:
    for one in balancers.values():
        all_online(one)
    assert balancers["amphora"].ask(20) == {"first": 10, "second": 10}
    by_chance = balancers["ovn"].ask(40)
    assert set(by_chance) == {"first", "second"} and min(by_chance.values()) >= 5


def test_a_loss_is_noticed_and_the_switch_lives_on(
    balancers: dict[str, Balancer], members: Members, cloud: Cloud
) -> None:
    for one in balancers.values():
        all_online(one)
    members.kill("second")
    lost = time.monotonic()
    for one in balancers.values():
        until(lambda one=one: one.ask(10) == {"first": 10}, f"{one.provider} leaves the member out")  # type: ignore[misc]
        wait(one.states, lambda now: now == {"first": "ONLINE", "second": "ERROR"})
    members.start("second")
    for one in balancers.values():
        all_online(one)
        until(lambda one=one: set(one.ask(10)) == {"first", "second"}, f"{one.provider} takes it back")  # type: ignore[misc]
    until(lambda: time.monotonic() - lost > EXPIRED_S and balancers["amphora"].ask(2), "time enough")
    assert balancers["ovn"].ask(10)["error"] == balancers["amphora"].ask(10)["error"] == 0
    assert next(one.answers for one in cloud.status().parts if one.name == "ovs-vswitchd")


def test_a_balancer_that_does_not_spread_can_be_had(
    balancers: dict[str, Balancer], cloud: Cloud, demo: Connection
) -> None:
    cloud.faults([{"driver": "balancer_spread", "name": "^tests-", "error": "one for all"}])
    try:
        for one in balancers.values():
            member = next(iter(one.api.members(one.pool)))
            for enabled in (False, True):  # a change, so that it is looked at
                one.api.update_member(member.id, one.pool, is_admin_state_up=enabled)
                one.settle()
            until(lambda one=one: len(one.ask(12)) == 1, f"{one.provider} sends all to one")  # type: ignore[misc]
    finally:
        cloud.faults()


def test_nothing_is_left_of_them(balancers: dict[str, Balancer], cloud: Cloud, customer: Customer) -> None:
    names = Names(cloud.layout.root)

    def ports() -> set[str]:
        command = ["ovs-vsctl", f"--db={names.ovs}", "list-ports", INTEGRATION_BRIDGE]
        return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())

    def machines() -> list[str]:
        return namespaces.beginning_with(names.balancer(""))

    owners: Callable[[], set[Any]] = lambda: {  # noqa: E731
        port.device_owner for port in customer.cloud.network.ports(network_id=customer.network.id)
    }
    assert len(machines()) == 1
    before = ports()
    for one in balancers.values():
        one.delete()
    assert machines() == []
    assert len(before - ports()) == 1, "the switch has lost the port of the one machine"
    wait(owners, lambda now: not any("lb" in one or "Octavia" in one for one in now))
