"""What can keep guests from IPv6."""

from __future__ import annotations

from pocketcloud.guests.names import OUTSIDE_6

from tests.guests.scenarios.season import LOGIN_S, Fault
from tests.guests.scenarios.tools import Skipped

SCENARIO = "ipv6"
SLAAC, STATEFUL = (f"-{SCENARIO}-{name}$" for name in ("slaac", "stateful"))
FIND = "Find the address that was ordered"
PING = "Ping the next guest"
PATIENCE_S = 45
OPTIONS = {
    "login_deadline": LOGIN_S,
    "address_deadline": PATIENCE_S,
    "answer_deadline": PATIENCE_S,
    "target": OUTSIDE_6,
    "access": "direct",
}
FAULTS = {
    "the cloud has no DHCPv6 and says so": Skipped(
        [{"service": "neutron", "method": "POST", "path": "/subnets", "sent": '"dhcpv6-stateful"', "status": 400}],
        "Find the way to get an address", None, "does not take a subnet with dhcpv6-stateful (HTTP 400)",
        zone="dhcpv6-stateful",
    ),
    "no router advertises itself": Fault(
        [{"packets": "ra", "name": SLAAC}], FIND, None, "no router has advertised itself", zone="slaac"
    ),
    "DHCPv6 does not answer": Fault(
        [{"packets": "dhcp", "version": 6, "name": STATEFUL}],
        FIND, None, "a router has advertised itself, and the guest has no address", zone="stateful",
    ),
    "one guest does not reach the other": Fault(
        [{"packets": "cut", "name": STATEFUL, "peer": SLAAC}],
        PING, None, "100 % are lost", zone="slaac", also=((PING, "stateful"),),
    ),
    "the guest hangs after boot": Fault(
        [{"driver": "guest_boot", "name": SLAAC, "stuck": True}],
        "Log in to the guest", None, "no TCP connection", zone="slaac",
    ),
}  # fmt: skip
