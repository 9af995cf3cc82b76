"""Security groups otherwise than ordered: access lists in OVN above those of neutron, which does not see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pocketcloud.faults.packet_rules import PacketRule
from pocketcloud.packets.floating import several
from pocketcloud.packets.flows import of_kind
from pocketcloud.packets.ovsdb import Database
from pocketcloud.packets.view import Plugged

OPEN, CLOSED = 32766, 32767  # priorities; neutron's are about 1000
MARK = ["map", [["pocketcloud", "fault"]]]


@dataclass(frozen=True)
class Acl:
    """An access list of the network in this row."""

    switch: str
    priority: int
    direction: str
    match: str
    action: str


def acls(rules: Iterable[PacketRule], plugged: Iterable[Plugged]) -> set[Acl]:
    """All access lists that there must be."""
    rules, found = list(rules), set()
    for guest in plugged:
        if not guest.switch:
            continue
        inward, outward = f'outport == "{guest.port}"', f'inport == "{guest.port}"'
        if of_kind(rules, "open", guest.name):
            found.add(Acl(guest.switch, OPEN, "to-lport", f"{inward} && ip", "allow-related"))
            found.add(Acl(guest.switch, OPEN, "from-lport", f"{outward} && ip", "allow-related"))
        for rule in of_kind(rules, "closed", guest.name):
            direction, port = ("from-lport", outward) if rule.direction == "out" else ("to-lport", inward)
            found.add(Acl(guest.switch, CLOSED, direction, f"{port} && {_traffic(rule)}", "drop"))
    return found


def _traffic(rule: PacketRule) -> str:
    if rule.protocol == "icmp":
        return "(icmp4 || icmp6)"
    if rule.port is not None:
        return f"{rule.protocol}.dst == {rule.port}"
    return rule.protocol or "ip"


class Acls:
    """Those that are in OVN's northbound database."""

    def __init__(self, northbound: Database) -> None:
        self._northbound = northbound

    def have(self, wanted: set[Acl]) -> None:
        """Add what lacks and remove what is not wanted any more. Raises DatabaseError."""
        columns = ("_uuid", "priority", "direction", "match", "action")
        ours = self._northbound.select("ACL", *columns, where=[["external_ids", "includes", MARK]])
        switches = self._northbound.select("Logical_Switch", "_uuid", "acls")
        there: dict[Acl, str] = {}
        for row in ours:
            for switch in switches:
                if row["_uuid"] in several(switch["acls"]):
                    acl = Acl(switch["_uuid"], row["priority"], row["direction"], row["match"], row["action"])
                    there[acl] = row["_uuid"]
        operations: list[dict[str, Any]] = []
        for acl in sorted(there.keys() - wanted, key=str):
            operations.append(_mutation(acl.switch, "delete", ["uuid", there[acl]]))
        for position, acl in enumerate(sorted(wanted - there.keys(), key=str)):
            row = {"priority": acl.priority, "direction": acl.direction, "match": acl.match, "action": acl.action}
            name = f"fault{position}"
            operations.append({"op": "insert", "table": "ACL", "uuid-name": name, "row": row | {"external_ids": MARK}})
            operations.append(_mutation(acl.switch, "insert", ["named-uuid", name]))
        if operations:
            self._northbound.transact(*operations)


def _mutation(switch: str, mutator: str, value: list[str]) -> dict[str, Any]:
    """A change of a network's access lists; one that no network has goes by itself."""
    where = [["_uuid", "==", ["uuid", switch]]]
    return {
        "op": "mutate",
        "table": "Logical_Switch",
        "where": where,
        "mutations": [["acls", mutator, ["set", [value]]]],
    }
