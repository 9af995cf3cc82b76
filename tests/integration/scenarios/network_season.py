"""What the network service does wrong with address pairs and security groups, and how that must be reported."""

from __future__ import annotations

from typing import Any

from tests.integration.scenarios.seasons import Fault, Season
from tests.support.clouds import Rules

INVENTED = "00000000-cccc-4ddd-8eee-000000000000"
LIST_OF_RULES = r"/security-group-rules\?.*security_group_id="
FRESH, DEFAULT, SET = 1, 2, 3
"""Which lists of rules these are, counted from 1: of a new group, of the default group, of the one with rules."""


def neutron(method: str, path: str, **action: Any) -> Rules:
    """One rule for requests to neutron."""
    return [{"service": "neutron", "method": method, "path": path, **action}]


PAIRS = {
    "a port is answered with 500": Fault(
        neutron("POST", "/ports$", sent="allowed_address_pairs-first", status=500),
        "Create the member ports",
        500,
        zone="first",
    ),
    "a port is made without the pair": Fault(
        neutron("POST", "/ports$", sent="allowed_address_pairs-second", set={"port.allowed_address_pairs": []}),
        "Create the member ports",
        201,
        "allowed_address_pairs.# is 1, but it is 0",
        zone="second",
    ),
    "a change is accepted and not kept": Fault(
        neutron("PUT", "/ports/", sent="0a:00:00:00:61:70", status=200, body={"port": {}}),
        "Move the virtual address to another hardware address",
        200,
        "read back: allowed_address_pairs.0.mac_address is",
    ),
    "nonsense is taken": Fault(
        neutron("PUT", "/ports/", sent="10.97.0.256", status=200, body={"port": {}}),
        "Allow what is no address in vain",
        200,
        "but the cloud did it",
    ),
    "the pairs cannot be taken back": Fault(
        neutron("PUT", "/ports/", sent=r'"allowed_address_pairs": \[\]', nth=1, hang="before"),
        "Take the pairs back",
        None,
        "deadline passed",
        zone="first",
        options={"deadline": 6},
    ),
    "a delete does nothing": Fault(
        neutron("DELETE", "/subnets/", status=204, times=1),
        "Delete the subnet",
        200,
        "deadline passed",
        options={"delete_deadline": 4},
    ),
}
GROUPS = {
    "a group is answered with 500": Fault(
        neutron("POST", "/security-groups$", sent="security_groups-back", status=500),
        "Create the security groups",
        500,
        zone="back",
    ),
    "a new group lets somebody in": Fault(
        neutron("GET", LIST_OF_RULES, nth=FRESH, set={"security_group_rules.0.direction": "ingress"}),
        "Find that a new group lets everything out and nothing in",
        200,
        "does not contain {'direction': 'ingress'}",
    ),
    "the default group is open to the world": Fault(
        neutron("GET", LIST_OF_RULES, nth=DEFAULT, set={"security_group_rules.*.remote_group_id": None}),
        "Find the default group closed to the outside",
        None,
        ". is []",
    ),
    "other ports are listed than were set": Fault(
        neutron("GET", LIST_OF_RULES, nth=SET, set={"security_group_rules.*.port_range_max": 65535}),
        "Find the rules as they were set",
        200,
        "contains",
    ),
    "the groups of a port are accepted and not kept": Fault(
        neutron("PUT", "/ports/", sent='"security_groups"', status=200, body={"port": {}}),
        "Give the port the groups",
        200,
        "read back: security_group_ids.# is 2, but it is 1",
    ),
    "a group in use can be deleted": Fault(
        neutron("DELETE", "/security-groups/", nth=1, status=204),
        "Delete a group that is in use in vain",
        204,
        "but the cloud did it",
    ),
    "a rule is taken twice": Fault(
        neutron("POST", "/security-group-rules$", nth=4, status=201, body={"security_group_rule": {"id": INVENTED}}),
        "Add a rule for the second time in vain",
        201,
        "but the cloud did it",
    ),
}
SEASON = Season({"allowed_address_pairs": PAIRS, "security_groups": GROUPS})
