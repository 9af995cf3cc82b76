"""What can keep a customer from logging in."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault, at_guests, of_driver

SCENARIO = "guest_login"
LOGIN = "Log in to the guest"
OPTIONS = {"login_deadline": LOGIN_S}
FAULTS = {
    "another key is injected": Fault(of_driver(SCENARIO, "guest_key"), LOGIN, None, "does not take the key"),
    "the guest hangs after boot": Fault(
        of_driver(SCENARIO, "guest_boot", stuck=True), LOGIN, None, "no TCP connection"
    ),
    "the floating IP leads to nothing": Fault(at_guests(SCENARIO, "floating"), LOGIN, None, "no TCP connection"),
    "the guest gets no address": Fault(at_guests(SCENARIO, "dhcp"), LOGIN, None, "no TCP connection"),
}
