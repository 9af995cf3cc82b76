"""What a guest can be told otherwise than ordered."""

from __future__ import annotations

from tests.guests.scenarios.jump_host import BASTION
from tests.guests.scenarios.season import LOGIN_S, Fault, at_guests, of_driver

SCENARIO = "guest_metadata"
LOGIN = "Log in to the guest"
OPTIONS = {"access": BASTION, "login_deadline": LOGIN_S, "user_data_deadline": 60}
FAULTS = {
    "the metadata service is silent": Fault(at_guests(SCENARIO, "metadata"), LOGIN, None, "no TCP connection"),
    "another hostname is told": Fault(
        of_driver(SCENARIO, "guest_hostname"), "Ask for the metadata", None, "expected that json.hostname matches"
    ),
    "other user data is told": Fault(
        of_driver(SCENARIO, "guest_user_data"), "Ask for the user data", None, "expected that body is"
    ),
    "another key is told": Fault(of_driver(SCENARIO, "guest_key"), LOGIN, None, "does not take the key"),
}
