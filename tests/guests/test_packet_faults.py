"""Each fault of packets is felt by a real packet, and so is its end."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pocketcloud.cloud import Cloud

from tests.guests.customer import Customer
from tests.guests.outside import PATIENCE_S, Outside, Refused, until
from tests.guests.ruled import FIRST, METADATA, SECOND, pings_once, ruled
from tests.support.thorough import daily

WEB = "mkdir -p /var/www && head -c 750000 /dev/zero > /var/www/big && echo fair > /var/www/index.html"


@pytest.fixture
def on_first(customer: Customer, outside: Outside) -> Callable[[str], bool]:
    """Whether a command on the guest with the floating IP ends well."""

    def ends_well(command: str) -> bool:
        try:
            outside.ssh(customer.address, f"{command} >/dev/null 2>&1")
        except Refused:
            return False
        return True

    return ends_well


@pytest.fixture(scope="module")
def web(customer: Customer, outside: Outside) -> Iterator[str]:
    """A web server on the first guest, which lets its port in: its address."""
    outside.ssh(customer.address, f"{WEB} && busybox httpd -p 80 -h /var/www")
    rule = customer.allow("tcp", 80)
    until(lambda: outside.connects(customer.address, 80), "port 80 open")
    yield f"http://{customer.address}"
    customer.cloud.network.delete_security_group_rule(rule)


def felt(cloud: Cloud, rule: dict[str, Any], fair: Callable[[], bool], what: str) -> None:
    """What is fair without a rule is not so with it, and is again afterwards."""
    until(fair, f"{what}, without a fault")
    with ruled(cloud, rule):
        until(lambda: not fair(), f"{what} ends")
    until(fair, f"{what}, after the fault")


def test_a_guest_that_is_cut_off_is_not_reached(cloud: Cloud, customer: Customer, outside: Outside) -> None:
    felt(cloud, {"packets": "cut", "name": FIRST}, lambda: pings_once(outside, customer.address), "ping")


@pytest.mark.parametrize(("name", "peer"), [(FIRST, SECOND), (SECOND, FIRST)])
def test_a_pair_that_is_cut_does_not_reach_each_other_and_everybody_else(
    cloud: Cloud, customer: Customer, on_first: Callable[[str], bool], name: str, peer: str
) -> None:
    ping = f"ping -c 1 -W 0.5 {customer.fixed_address('second')}"
    felt(cloud, {"packets": "cut", "name": name, "peer": peer}, lambda: on_first(ping), "ping")
    with ruled(cloud, {"packets": "cut", "name": name, "peer": peer}):
        assert on_first("ping -c 1 -W 5 203.0.113.1")


def test_metadata_and_dhcp_are_silent_for_this_guest(
    cloud: Cloud, customer: Customer, on_first: Callable[[str], bool]
) -> None:
    felt(cloud, {"packets": "metadata", "name": FIRST}, lambda: on_first(METADATA), "metadata")
    lease = "busybox udhcpc -q -n -f -i eth0 -s /bin/true -t 2 -T 1"
    felt(cloud, {"packets": "dhcp", "name": FIRST}, lambda: on_first(lease), "DHCP")
    with ruled(cloud, {"packets": "metadata", "name": SECOND}, {"packets": "dhcp", "name": SECOND}):
        assert on_first(f"{METADATA} && {lease}")


def test_a_guest_gets_no_address_where_no_router_is_advertised(
    cloud: Cloud, customer: Customer, outside: Outside
) -> None:
    network, compute = customer.cloud.network, customer.cloud.compute
    other = network.create_network(name="tests-six")
    kind = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    subnet = network.create_subnet(network_id=other.id, ip_version=6, cidr="2001:db8:7::/64", **kind)
    network.add_interface_to_router(customer.router, subnet_id=subnet.id)
    port = network.create_port(network_id=other.id)

    def addresses() -> str:
        return outside.ssh(customer.address, "ip -6 -o address show dev eth1 2>/dev/null || true")

    try:
        with ruled(cloud, {"packets": "ra", "name": FIRST}):
            compute.create_server_interface(customer.servers["first"], port_id=port.id)
            until(lambda: "fe80::" in addresses() and "tentative" not in addresses(), "the address of its own")
            end = time.monotonic() + 2  # it asks within a second
            while time.monotonic() < end:
                assert "2001:db8:7:" not in addresses()
        outside.ssh(customer.address, "ip link set eth1 down && ip link set eth1 up")  # it asks at once
        until(lambda: "2001:db8:7:" in addresses(), "an address by advertisement")
    finally:
        compute.delete_server_interface(port.id, server=customer.servers["first"])
        until(lambda: "eth1" not in outside.ssh(customer.address, "ls /sys/class/net"), "eth1 gone")
        network.remove_interface_from_router(customer.router, subnet_id=subnet.id)
        until(lambda: not list(network.ports(device_id=customer.servers["first"].id, network_id=other.id)), "port gone")
        for one in network.ports(network_id=other.id, device_owner=""):
            network.delete_port(one)
        network.delete_network(other)


def test_a_floating_ip_leads_to_nothing(cloud: Cloud, customer: Customer, outside: Outside) -> None:
    felt(cloud, {"packets": "floating", "name": FIRST}, lambda: outside.connects(customer.address), "SSH")


def test_a_port_that_is_forwarded_leads_to_nothing(cloud: Cloud, customer: Customer, outside: Outside) -> None:
    network = customer.cloud.network
    address = network.create_ip(floating_network_id=customer.external.id)
    try:
        forwarding = network.create_floating_ip_port_forwarding(
            address, protocol="tcp", external_port=2222, internal_port=22,
            internal_port_id=customer.port("second").id, internal_ip_address=customer.fixed_address("second"),
        )  # fmt: skip
        reached = address.floating_ip_address
        felt(cloud, {"packets": "floating", "name": SECOND}, lambda: outside.connects(reached, 2222), "forwarding")
        network.delete_floating_ip_port_forwarding(address, forwarding)
    finally:
        network.delete_ip(address)


@pytest.mark.parametrize("more", [{"protocol": "tcp", "port": 22}, {}])
def test_what_a_security_group_allows_is_closed(
    cloud: Cloud, customer: Customer, outside: Outside, more: dict[str, Any]
) -> None:
    rule = {"packets": "closed", "name": FIRST, **more}
    felt(cloud, rule, lambda: outside.connects(customer.address), "SSH")
    with ruled(cloud, rule):
        assert pings_once(outside, customer.address) or not more


def test_pings_that_are_closed_do_not_come_in_and_answers_do(
    cloud: Cloud, customer: Customer, outside: Outside, on_first: Callable[[str], bool]
) -> None:
    rule = {"packets": "closed", "name": FIRST, "protocol": "icmp"}
    felt(cloud, rule, lambda: pings_once(outside, customer.address), "ping")
    with ruled(cloud, rule):
        assert on_first("ping -c 1 -W 5 203.0.113.1"), "a security group is stateful"


def test_what_goes_out_is_closed_and_answers_go_out(
    cloud: Cloud, customer: Customer, outside: Outside, on_first: Callable[[str], bool]
) -> None:
    rule = {"packets": "closed", "name": FIRST, "protocol": "icmp", "direction": "out"}
    felt(cloud, rule, lambda: on_first("ping -c 1 -W 0.5 203.0.113.1"), "ping of the outside")
    with ruled(cloud, rule):
        assert pings_once(outside, customer.address)


def test_what_no_security_group_allows_is_open(
    cloud: Cloud, customer: Customer, outside: Outside, on_first: Callable[[str], bool]
) -> None:
    on_first("busybox httpd -p 8088 -h /etc")
    closed = lambda: not outside.connects(customer.address, 8088)  # noqa: E731
    felt(cloud, {"packets": "open", "name": FIRST}, closed, "closed port")


@pytest.mark.parametrize("times", daily([1, 2], [0]))
def test_a_port_answers_500_in_the_place_of_the_guests_own_server(
    cloud: Cloud, web: str, outside: Outside, times: int
) -> None:
    answers: list[str] = []

    def status() -> str:
        asked = outside.run("curl", "-sS", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", f"{web}/")
        answers.append(f"{asked.stdout} {asked.stderr}".strip())
        return asked.stdout

    def answered(wanted: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while status() != wanted:
            assert time.monotonic() < end, answers

    for _ in range(times):
        answered("200")
        with ruled(cloud, {"packets": "refuse_500", "name": FIRST, "port": 80}):
            answered("500")
    answered("200")


def round_trips(outside: Outside, address: str, count: int) -> tuple[int, float]:
    """How many pings were answered, and the shortest round trip in ms."""
    text = outside.run("ping", "-q", "-c", f"{count}", "-i", "0.02", "-W", "1", address, timeout_s=60).stdout
    received, shortest = re.search(r"(\d+) received", text), re.search(r"= ([\d.]+)/", text)
    assert received
    return int(received[1]), float(shortest[1]) if shortest else 0.0


def test_the_round_trip_takes_so_much_longer(cloud: Cloud, customer: Customer, outside: Outside) -> None:
    _, before = round_trips(outside, customer.address, 20)
    with ruled(cloud, {"packets": "delay", "name": FIRST, "rtt_ms": 80}):
        received, during = round_trips(outside, customer.address, 20)
        assert received == 20
        assert 79 < during - before < 200
    assert round_trips(outside, customer.address, 20)[1] < 40


def test_this_share_of_the_packets_is_lost(cloud: Cloud, customer: Customer, outside: Outside) -> None:
    with ruled(cloud, {"packets": "loss", "name": FIRST, "percent": 50}):
        received, _ = round_trips(outside, customer.address, 60)
    assert 10 < received < 50  # otherwise once in ten million runs
    assert round_trips(outside, customer.address, 20)[0] == 20


def test_no_more_than_this_rate_passes(cloud: Cloud, web: str, outside: Outside) -> None:
    def mbit() -> float:
        speed = outside.run("curl", "-s", "-o", "/dev/null", "-w", "%{speed_download}", f"{web}/big").stdout
        return float(speed) * 8 / 1e6

    assert mbit() > 5
    with ruled(cloud, {"packets": "rate", "name": FIRST, "mbit": 4}):
        assert 1 < mbit() < 4.4
    assert mbit() > 5
