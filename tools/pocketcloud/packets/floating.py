"""Which floating IPs lead to a port: by address translation, or by the forwarding of single ports."""

from __future__ import annotations

from typing import Any

from pocketcloud.packets.ovsdb import Database, Row

FORWARDING = ("neutron:device_owner", "port_forwarding_plugin")  # other load balancers are octavia's


def several(value: Any) -> list[Any]:
    """What a column that may have any number of values has; a single one comes without its list."""
    return value if isinstance(value, list) else [value]


def addresses(port: Row) -> tuple[str, ...]:
    """The addresses of a logical port, without that of its device."""
    texts = [text for text in several(port["addresses"]) if ":" in text]
    return tuple(word for text in texts for word in text.split()[1:])


class Network:
    """OVN's northbound database at one moment. Raises DatabaseError."""

    def __init__(self, northbound: Database) -> None:
        rows = northbound.select("Logical_Switch_Port", "_uuid", "name", "addresses", "options")
        self.ports = {row["name"]: row for row in rows}
        self._switches = northbound.select("Logical_Switch", "_uuid", "ports")
        self._routers = northbound.select("Logical_Router", "ports", "load_balancer")
        self._router_ports = {
            row["name"]: row["_uuid"] for row in northbound.select("Logical_Router_Port", "_uuid", "name")
        }
        self._translations = northbound.select("NAT", "external_ip", "external_ids")
        balancers = northbound.select("Load_Balancer", "_uuid", "vips", "external_ids")
        forwarding = [row for row in balancers if FORWARDING in row["external_ids"].items()]
        self._balancers = {row["_uuid"]: row["vips"] for row in forwarding}
        self._by_row = {row["_uuid"]: row for row in rows}

    def switch_of(self, port: Row) -> str:
        """The row of the network that a port is in; empty when there is none."""
        return next((one["_uuid"] for one in self._switches if port["_uuid"] in several(one["ports"])), "")

    def leading_to(self, port: Row, its: tuple[str, ...]) -> tuple[str, ...]:
        """The floating IPs of a port with these addresses."""
        found = {
            row["external_ip"]
            for row in self._translations
            if row["external_ids"].get("neutron:fip_port_id") == port["name"]
        }
        for router in self._routers_of(port):
            for balancer in several(router["load_balancer"]):
                for outer, inner in self._balancers.get(balancer, {}).items():
                    if any(_address(one) in its for one in inner.split(",")):
                        found.add(_address(outer))
        return tuple(sorted(found - set(its)))

    def _routers_of(self, port: Row) -> list[Row]:
        switch = next((one for one in self._switches if port["_uuid"] in several(one["ports"])), None)
        if switch is None:
            return []
        options = (self._by_row[one]["options"] for one in several(switch["ports"]) if one in self._by_row)
        there = {self._router_ports.get(one.get("router-port", "")) for one in options}
        return [router for router in self._routers if there & set(several(router["ports"]))]


def _address(endpoint: str) -> str:
    """The address of an address with a port."""
    return endpoint.rpartition(":")[0].strip("[]") if ":" in endpoint else endpoint
