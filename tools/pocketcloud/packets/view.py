"""What is plugged into the data plane, as its databases tell it."""

from __future__ import annotations

from dataclasses import dataclass

from pocketcloud.guests import roll
from pocketcloud.guests.names import Names
from pocketcloud.layout import Layout
from pocketcloud.packets import floating
from pocketcloud.packets.ovsdb import Database, Row


@dataclass(frozen=True)
class Plugged:
    """A port of a guest. `switch` is the row of its network in OVN."""

    port: str
    server: str
    name: str  # of the server
    number: int  # in Open vSwitch
    mac: str
    addresses: tuple[str, ...] = ()
    floating: tuple[str, ...] = ()
    switch: str = ""


class View:
    """Looks at the databases of one cloud. Methods raise DatabaseError."""

    def __init__(self, layout: Layout) -> None:
        names = Names(layout.root)
        self.layout = layout
        self.local = Database(names.ovs.removeprefix("unix:"), "Open_vSwitch")
        self.northbound = Database(names.northbound.removeprefix("unix:"), "OVN_Northbound")

    def plugged(self) -> list[Plugged]:
        """The ports of guests whose names are known, in the order of their ids."""
        interfaces = [row for row in self.local.select("Interface", "ofport", "external_ids") if _is_guests(row)]
        if not interfaces:
            return []
        network = floating.Network(self.northbound)
        found = []
        for interface in interfaces:
            identities = interface["external_ids"]
            name = roll.name(self.layout, _server(identities))
            row = network.ports.get(identities["iface-id"])
            if name is not None and row is not None:
                found.append(_plugged(network, interface, row, name))
        return sorted(found, key=lambda one: one.port)


def _is_guests(interface: Row) -> bool:
    number, identities = interface["ofport"], interface["external_ids"]
    known = {"iface-id", "attached-mac"} <= identities.keys() and bool(_server(identities))
    return known and isinstance(number, int) and number > 0


def _server(identities: dict[str, str]) -> str:
    """The server that a port is of: what plugs namespaces names it otherwise than libvirt."""
    return identities.get("vm-uuid") or identities.get("vm-id") or ""


def _plugged(network: floating.Network, interface: Row, row: Row, name: str) -> Plugged:
    identities = interface["external_ids"]
    addresses = floating.addresses(row)
    return Plugged(
        port=identities["iface-id"],
        server=_server(identities),
        name=name,
        number=interface["ofport"],
        mac=identities["attached-mac"],
        addresses=addresses,
        floating=network.leading_to(row, addresses),
        switch=network.switch_of(row),
    )
