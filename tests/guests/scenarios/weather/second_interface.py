"""What can keep a second interface from working."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault, at_guests, of_driver

SCENARIO = "second_interface"
PATIENCE_S = 30
OPTIONS = {
    "login_deadline": LOGIN_S,
    "plug_deadline": PATIENCE_S,
    "address_deadline": PATIENCE_S,
    "addressing": "dhcp",
}
CUT = [{"packets": "cut", "name": f"-{SCENARIO}-guest$", "peer": f"-{SCENARIO}-peer$"}]
FAULTS = {
    "the first guest hangs after boot": Fault(
        of_driver(SCENARIO, "guest_boot", stuck=True, nth=1), "Log in to the guest", None, "no TCP connection", zone="guest"
    ),
    "nothing gets from one guest to the other": Fault(
        CUT, "Ping the other guest over it", None, "100 % are lost", zone="boot"
    ),
    "an interface that is taken out stays": Fault(
        of_driver(SCENARIO, "unplug", stuck=True), "Unplug it", None, "device_id", zone="boot"
    ),
    "half of the packets are lost": Fault(
        [{"packets": "loss", "name": f"-{SCENARIO}-peer$", "percent": 60}],
        "Ping the other guest over it", None, "% are lost", zone="boot",
    ),
}  # fmt: skip
