"""What can keep a forwarded port from leading to its guest, and what can keep it open."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault, at_guests, of_driver

SCENARIO = "port_forwarding"
LOGIN, MOVED = "Log in through the port", "Log in through the new port"
OPTIONS = {"deadline": 8, "silence": 1, "login_deadline": LOGIN_S}
SOON = {"login_deadline": LOGIN_S}
FORWARDINGS = {"service": "neutron", "path": "/port_forwardings/"}
BOOKED = {"external_port": 2203, "internal_port": 22}
FAULTS = {
    "a guest is not reached": Fault(
        at_guests(SCENARIO, "closed", name="-port_forwarding-guest2$", protocol="tcp", port=22),
        LOGIN,
        None,
        "no TCP connection",
        zone="guest2",
        options=SOON,
    ),
    "another key is injected into one guest": Fault(
        of_driver(SCENARIO, "guest_key", name="-port_forwarding-guest1$"),
        LOGIN,
        None,
        "does not take the key",
        zone="guest1",
        options=SOON,
    ),
    "the way to the first guest is long": Fault(
        at_guests(SCENARIO, "delay", name="-port_forwarding-guest1$", rtt_ms=700),
        MOVED,
        None,
        "too slow",
        options={"limit": 3, "deadline": 30},
    ),
    "a port is moved in the books alone": Fault(
        [{**FORWARDINGS, "method": "PUT", "status": 200, "body": {"port_forwarding": BOOKED}}],
        MOVED,
        None,
        "no TCP connection",
    ),
    "a forwarding that was deleted goes on": Fault(
        [{**FORWARDINGS, "method": "DELETE", "status": 204, "times": 1}],
        "Wait until the new port is closed",
        None,
        "is open, expected closed",
    ),
}
