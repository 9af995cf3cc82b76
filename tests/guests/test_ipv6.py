"""Guests have the internet of version 6, by router advertisement and by DHCPv6, and the outside finds them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from pocketcloud.guests.names import OUTSIDE_6, POOL_6

from tests.guests.customer import Customer
from tests.guests.outside import Outside, until

PREFIX = POOL_6.partition("::")[0]


@pytest.fixture(scope="module", autouse=True)
def pings_let_in(customer: Customer) -> None:
    """Pings of IPv6 are let in."""
    customer.cloud.network.create_security_group_rule(
        security_group_id=customer.group.id, direction="ingress", ether_type="IPv6", protocol="ipv6-icmp"
    )


@contextlib.contextmanager
def subnet_of_version_6(customer: Customer, network_id: str, mode: str) -> Iterator[Any]:
    """A subnet whose addresses are found from outside, on the customer's router."""
    network = customer.cloud.network
    pool = next(one for one in network.subnet_pools() if one.is_default and one.ip_version == 6)
    subnet = network.create_subnet(
        network_id=network_id, ip_version=6, subnet_pool_id=pool.id, ipv6_ra_mode=mode, ipv6_address_mode=mode,
        dns_nameservers=[OUTSIDE_6],
    )  # fmt: skip
    network.add_interface_to_router(customer.router, subnet=subnet.id)
    try:
        yield subnet
    finally:
        network.remove_interface_from_router(customer.router, subnet=subnet.id)


def address_in(port: Any, subnet: Any) -> str:
    """The address of a port in a subnet."""
    return next(str(fixed["ip_address"]) for fixed in port.fixed_ips if fixed["subnet_id"] == subnet.id)


def has(customer: Customer, address: str) -> bool:
    """Whether the first guest has an address that it can use."""
    return f" {address}/" in customer.outside.ssh(customer.address, "ip -6 -o address show -tentative scope global")


def routes(outside: Outside) -> str:
    """What the outside knows of IPv6."""
    return outside.run("ip", "-6", "route").stdout


def test_an_advertised_address_is_that_of_the_port_and_reaches_both_ways(customer: Customer, outside: Outside) -> None:
    with subnet_of_version_6(customer, customer.network.id, "slaac") as subnet:
        address = address_in(customer.port("first"), subnet)
        assert address.startswith(PREFIX)
        until(lambda: has(customer, address), "an address by router advertisement")
        outside.ssh(customer.address, f"ping -c 1 -W 5 {OUTSIDE_6}")
        assert outside.pings(address)
        assert subnet.cidr in routes(outside)
    until(lambda: subnet.cidr not in routes(outside), "no way to what has no router any more")
    customer.cloud.network.update_port(
        customer.port("second"),
        fixed_ips=[one for one in customer.port("second").fixed_ips if one["subnet_id"] != subnet.id],
    )
    customer.cloud.network.update_port(
        customer.port("first"),
        fixed_ips=[one for one in customer.port("first").fixed_ips if one["subnet_id"] != subnet.id],
    )
    customer.cloud.network.delete_subnet(subnet)


@pytest.mark.parametrize("mode", ["dhcpv6-stateful", "dhcpv6-stateless"])
def test_a_plugged_interface_asks_dhcpv6_where_its_network_says_so(
    customer: Customer, outside: Outside, mode: str
) -> None:
    network, compute = customer.cloud.network, customer.cloud.compute
    other = network.create_network(name="tests-six")
    with subnet_of_version_6(customer, other.id, mode) as subnet:
        interface = compute.create_server_interface(customer.servers["first"], net_id=other.id)
        try:
            address = address_in(network.get_port(interface.port_id), subnet)
            until(lambda: has(customer, address), f"an address by {mode}")
            leases = outside.ssh(customer.address, "cat /run/dhclient-eth*.leases 2>/dev/null || true")
            assert (address in leases) == (mode == "dhcpv6-stateful")
        finally:
            compute.delete_server_interface(interface.port_id, server=customer.servers["first"])
            until(lambda: not list(network.ports(id=interface.port_id)), "unplugged")
    network.delete_network(other)
