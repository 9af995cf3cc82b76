"""What security groups can do wrong."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault, at_guests
from tests.integration.scenarios.seasons import INVENTED

SCENARIO = "security_group_effect"
FRONT = f"-{SCENARIO}-front$"
CLOSED, OUT_CLOSED = "Find the way closed", "Wait until the way out is closed"
OUT_OPEN, OPEN, CLOSED_AGAIN = "Find the way out open", "Wait until the way is open", "Wait until the way is closed"
TCP, OUT = ("anywhere", "network", "member", "ipv6"), ("egress_tcp", "egress_udp", "egress_icmp")
IN = (*TCP, "udp", "icmp")
OPTIONS = {"deadline": 8, "silence": 1.5, "login_deadline": LOGIN_S, "ways": [*IN, *OUT]}


def closed(protocol: str, **more: object) -> list[dict[str, object]]:
    """What a rule lets through to (or from) the guest is dropped."""
    return at_guests(SCENARIO, "closed", name=FRONT, protocol=protocol, **more)


#: Egress rules of the scenario are answered, and never made.
NOT_MADE = [
    {
        "service": "neutron",
        "method": "POST",
        "path": "/security-group-rules",
        "sent": f"-{SCENARIO}-egress_{protocol}",
        "status": 201,
        "body": {"security_group_rule": {"id": INVENTED, "description": "not made"}},
    }
    for protocol in ("tcp", "udp", "icmp")
]
#: A rule that is deleted stays, and is told to be gone; the first two are those that let everything out.
NOT_DELETED = [
    {
        "service": "neutron",
        "method": "DELETE",
        "path": "/security-group-rules/",
        "status": 204,
        "nth": list(range(3, 30)),
    },
    {"service": "neutron", "method": "GET", "path": "/security-group-rules/[^?]+$", "status": 404},
]
FAULTS = {
    "everything is let through": Fault(
        at_guests(SCENARIO, "open"),
        CLOSED,
        None,
        "expected silent",
        zone="anywhere",
        also=(*((CLOSED, way) for way in IN[1:]), *((OUT_CLOSED, way) for way in OUT)),
    ),
    "rules let nobody in or out": Fault(
        [*closed("tcp", port=61420), *closed("udp", port=61426), *closed("icmp"), *NOT_MADE],
        OPEN,
        None,
        "is silent",
        zone="anywhere",
        also=tuple((OPEN, way) for way in ("udp", "icmp", *OUT)),
        options={"ways": [way for way in (*IN, *OUT) if way != "ipv6"]},
    ),
    "a rule that is deleted still acts": Fault(
        NOT_DELETED,
        CLOSED_AGAIN,
        None,
        "expected silent",
        zone="anywhere",
        also=tuple((CLOSED_AGAIN, way) for way in (*IN[1:], *OUT) if way != "member"),
    ),
    "nothing gets out": Fault(
        [
            *closed("tcp", port=61430, direction="out"),
            *closed("udp", port=61432, direction="out"),
            *closed("icmp", direction="out"),
        ],
        OUT_OPEN,
        None,
        "is silent",
        zone="egress_tcp",
        also=tuple((OUT_OPEN, way) for way in OUT[1:]),
    ),
    "a rule for a group lets no member in": Fault(closed("tcp", port=61424), OPEN, None, "is silent", zone="member"),
}
