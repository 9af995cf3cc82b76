"""What can come between guests."""

from __future__ import annotations

from dataclasses import replace

from tests.guests.scenarios.probing import GuestsRun
from tests.guests.scenarios.season import LOGIN_S, Fault, at_guests

SCENARIO = "east_west"
PING, TOGETHER = "Ping the other guest", "Take the pairs together"
OPTIONS = {"guests": 4, "zones": ["az1", "az2"], "pings": 10, "login_deadline": LOGIN_S}
OTHERS_OF_2 = [pair for other in (1, 3, 4) for pair in (f"guest2_guest{other}", f"guest{other}_guest2")]
"""Only the second guest is on the second router."""


def with_guest2(kind: str, says: str, options: dict[str, object], **more: object) -> Fault:
    """What happens to everything between the second guest and the others."""
    rules = at_guests(SCENARIO, kind, name="-east_west-guest2$", **more)
    also = tuple((PING, pair) for pair in OTHERS_OF_2[1:])
    return Fault(rules, PING, None, says, zone=OTHERS_OF_2[0], also=also, options=options)


def cut_off(one: str, other: str) -> Fault:
    """Two guests do not reach each other, whichever of them asks."""
    rules = at_guests(SCENARIO, "cut", name=f"-east_west-{one}$", peer=f"-east_west-{other}$")
    also = ((PING, f"{other}_{one}"),)
    return Fault(rules, PING, None, "100 % are lost", zone=f"{one}_{other}", also=also)


def lost(run: GuestsRun) -> dict[str, float]:
    """What was lost on each kind of way, in per cent."""
    return {one.zone or "": one.figures["loss_percent"] for one in run.steps(SCENARIO, TOGETHER)}


def is_lost_on_no_other_way(run: GuestsRun) -> None:
    """What is lost between routers is lost there alone."""
    found = lost(run)
    assert (found["other_router"], found["same_router"], found["same_network"]) == (100, 0, 0)
    assert 0 < found["same_zone"] < 100 and 0 < found["other_zone"] < 100


#: 1 and 4 are on one network, 3 on another one of the same router, 2 on the other router; 1 and 3 are in one zone.
FAULTS = {
    "nothing gets from router to router": replace(
        with_guest2("cut", "100 % are lost", {}, hops=2), shows=is_lost_on_no_other_way
    ),
    "the way to a guest is long": with_guest2("delay", "rtt_p95_ms is at most 200", {"rtt_ms": 200}, rtt_ms=400),
    "a guest loses packets": with_guest2("loss", "% are lost", {"pings": 40, "interval": 0.1}, percent=25),
    "two guests of a router are cut off from each other": cut_off("guest3", "guest4"),
    "two guests on different routers are cut off from each other": cut_off("guest2", "guest3"),
}
