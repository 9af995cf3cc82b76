"""What can keep a second interface from working."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault, of_driver

SCENARIO = "second_interface"
GUEST, PEER = f"-{SCENARIO}-guest$", f"-{SCENARIO}-peer$"
PING = "Ping the other guest over it"
PATIENCE_S = 60
OPTIONS = {
    "image": "flatcar",
    "login_deadline": LOGIN_S,
    "plug_deadline": PATIENCE_S,
    "address_deadline": PATIENCE_S,
    "addressing": "dhcp",
}
FAULTS = {
    "the guest hangs after boot": Fault(
        [{"driver": "guest_boot", "name": GUEST, "stuck": True}],
        "Log in to the guest", None, "no TCP connection", zone="guest",
    ),
    "nothing gets from one guest to the other": Fault(
        [{"packets": "cut", "name": GUEST, "peer": PEER}], PING, None, "100 % are lost", zone="boot"
    ),
    "pings that are let in are dropped": Fault(
        [{"packets": "closed", "name": PEER, "protocol": "icmp"}], PING, None, "100 % are lost", zone="boot"
    ),
    "an interface that is taken out stays": Fault(
        of_driver(SCENARIO, "unplug", stuck=True), "Unplug it", 200, "device_id", zone="boot"
    ),
}  # fmt: skip
