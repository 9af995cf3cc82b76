"""What can come between guests."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault, at_guests

SCENARIO = "east_west"
PING = "Ping the other guest"
OPTIONS = {"guests": 4, "zones": ["az1", "az2"], "pings": 10, "login_deadline": LOGIN_S}
OTHERS_OF_2 = [pair for other in (1, 3, 4) for pair in (f"guest2_guest{other}", f"guest{other}_guest2")]


def cut_off(one: str, other: str) -> Fault:
    """Two guests do not reach each other, whichever of them asks."""
    rules = at_guests(SCENARIO, "cut", name=f"-east_west-{one}$", peer=f"-east_west-{other}$")
    also = ((PING, f"{other}_{one}"),)
    return Fault(rules, PING, None, "100 % are lost", zone=f"{one}_{other}", also=also)


#: The guests of the zones: 1 and 3 are on one network, 2 and 4 on the other one; the first leads to all others.
FAULTS = {
    "two guests of a network are cut off from each other": cut_off("guest2", "guest4"),
    "the way to a guest is long": Fault(
        at_guests(SCENARIO, "delay", name="-east_west-guest2$", rtt_ms=400),
        PING,
        None,
        "rtt_p95_ms is at most 200",
        zone=OTHERS_OF_2[0],
        also=tuple((PING, pair) for pair in OTHERS_OF_2[1:]),
        options={"rtt_ms": 200},
    ),
    "a guest loses packets": Fault(
        at_guests(SCENARIO, "loss", name="-east_west-guest2$", percent=25),
        PING,
        None,
        "% are lost",
        zone=OTHERS_OF_2[0],
        also=tuple((PING, pair) for pair in OTHERS_OF_2[1:]),
        options={"pings": 40, "interval": 0.1},
    ),
    "two guests on different networks are cut off from each other": cut_off("guest2", "guest3"),
}
