"""What security groups can do wrong."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault, at_guests

SCENARIO = "security_group_effect"
CLOSED, OPEN = "Find the port closed", "Wait until the port is open"
OPTIONS = {"deadline": 8, "silence": 1.5, "login_deadline": LOGIN_S}
FAULTS = {
    "everything is let in": Fault(
        at_guests(SCENARIO, "open"),
        CLOSED,
        None,
        "expected silent",
        zone="anywhere",
        also=((CLOSED, "member"), (CLOSED, "network")),
    ),
    "a rule lets nobody in": Fault(
        at_guests(SCENARIO, "closed", protocol="tcp", port=61420), OPEN, None, "is silent", zone="anywhere"
    ),
    "a rule for a network lets nobody in": Fault(
        at_guests(SCENARIO, "closed", protocol="tcp", port=61422), OPEN, None, "is silent", zone="network"
    ),
    "a rule for a group lets no member in": Fault(
        at_guests(SCENARIO, "closed", protocol="tcp", port=61424), OPEN, None, "is silent", zone="member"
    ),
}
