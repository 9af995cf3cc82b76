"""What can keep a shared address from being shared."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault

SCENARIO = "vip_failover"
FIRST, SECOND, WITNESS = (f"-{SCENARIO}-{name}$" for name in ("first", "second", "witness"))
PATIENCE_S = 45
OPTIONS = {"login_deadline": LOGIN_S, "answer_deadline": PATIENCE_S, "access": "direct", "image": "cirros"}
FAULTS = {
    "the second guest hangs after boot": Fault(
        [{"driver": "guest_boot", "name": SECOND, "stuck": True}],
        "Log in to the guest", None, "no TCP connection", zone="second",
    ),
    "an address that is not allowed is not blocked": Fault(
        [{"packets": "spoof", "name": FIRST}], "Find it blocked", None, "expected that it does not answer"
    ),
    "the first guest does not reach the witness": Fault(
        [{"packets": "cut", "name": FIRST, "peer": WITNESS}],
        "Reach the address", None, "100 % are lost", zone="first",
    ),
    "the address does not move to the second guest": Fault(
        [{"packets": "cut", "name": SECOND, "peer": WITNESS}],
        "Reach the address", None, "100 % are lost", zone="second",
    ),
}  # fmt: skip
