"""What can keep a customer from logging in."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault, at_guests, of_driver

SCENARIO = "guest_login"
LOGIN = "Log in to the guest"
NOBODY = "no TCP connection"
RTT_MS = 300
OPTIONS = {"login_deadline": LOGIN_S}
FAULTS = {
    "another key is injected": Fault(of_driver(SCENARIO, "guest_key"), LOGIN, None, "does not take the key"),
    "the floating IP leads to nothing": Fault(at_guests(SCENARIO, "floating"), LOGIN, None, NOBODY),
    "the way is long": Fault(
        at_guests(SCENARIO, "delay", rtt_ms=RTT_MS),
        "Log in once more",
        None,
        "too slow",
        options={"again_limit": RTT_MS / 1000},  # a login takes several round trips
    ),
    "the guest gets no address": Fault(at_guests(SCENARIO, "dhcp"), LOGIN, None, NOBODY),
    "the guest hangs after boot": Fault(of_driver(SCENARIO, "guest_boot", stuck=True), LOGIN, None, NOBODY),
    "what the security group allows is closed": Fault(
        at_guests(SCENARIO, "closed", protocol="tcp", port=22), LOGIN, None, NOBODY
    ),
}
