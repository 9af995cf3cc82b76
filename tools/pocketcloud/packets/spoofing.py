"""Guests that may send from any address: OVN's port security taken off some ports, behind neutron's back."""

from __future__ import annotations

from pocketcloud.packets.floating import several
from pocketcloud.packets.ovsdb import Database


class PortSecurity:
    """What ports may send from, in OVN's northbound database."""

    def __init__(self, northbound: Database) -> None:
        self._northbound = northbound
        self._taken: dict[str, list[str]] = {}  # port → what it may send from when the rule is over

    def have(self, free: set[str]) -> None:
        """Let these ports send from any address, and all others from their own. Raises DatabaseError."""
        if not free and not self._taken:
            return
        operations = []
        for row in self._northbound.select("Logical_Switch_Port", "_uuid", "name", "port_security"):
            name, secured = row["name"], [one for one in several(row["port_security"]) if one]
            if name in free and secured:
                self._taken[name] = secured  # neutron puts it on again with each change of the port
                operations.append(_update(row["_uuid"], []))
            elif name in self._taken and name not in free:
                operations += [] if secured else [_update(row["_uuid"], self._taken[name])]
        if operations:
            self._northbound.transact(*operations)
        self._taken = {name: secured for name, secured in self._taken.items() if name in free}


def _update(row: str, addresses: list[str]) -> dict[str, object]:
    where = [["_uuid", "==", ["uuid", row]]]
    return {
        "op": "update",
        "table": "Logical_Switch_Port",
        "where": where,
        "row": {"port_security": ["set", addresses]},
    }
