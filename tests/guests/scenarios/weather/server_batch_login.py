"""What can go wrong with one of many guests."""

from __future__ import annotations

from tests.guests.scenarios.probing import GuestsRun
from tests.guests.scenarios.season import LOGIN_S, Fault

LOGIN, READY = "Log in to the guest", "Have all guests ready"
SLOW_S = 25
OPTIONS = {"servers": 3, "login_deadline": LOGIN_S}
BATCH = [f"guest{number}" for number in range(1, int(OPTIONS["servers"]) + 1)]


def of(guest: str) -> str:
    """The name of a guest, as rules have it."""
    return f"-server_batch_login-{guest}$"


def is_slowest(run: GuestsRun) -> None:
    """One slow guest is the slowest of its batch."""
    since = {zone: run.figures("server_batch_login", LOGIN, zone)["since_ms"] for zone in BATCH}
    assert since["guest2"] >= SLOW_S * 1000
    assert run.figures("server_batch_login", READY)["login_max_ms"] == max(since.values())


def is_not_tried(run: GuestsRun) -> None:
    """A guest whose server did not start is not tried any longer."""
    login = run.steps("server_batch_login", LOGIN)
    assert all(one.zone != "guest3" or one.outcome.value == "skipped" for one in login)


FAULTS = {
    "one guest is slow": Fault(
        [{"driver": "guest_boot", "name": of("guest2"), "delay": SLOW_S}],
        "Check how the times to login lie",
        None,
        "login_p95_ms",
        options={"p95_limit": SLOW_S},
        shows=is_slowest,
    ),
    "one server does not start": Fault(
        [{"driver": "spawn", "name": of("guest3"), "error": "no room for it"}],
        "Wait until the server is active",
        200,
        "ERROR",
        zone="guest3",
        shows=is_not_tried,
    ),
    "one guest is cut off": Fault(
        [{"packets": "cut", "name": of("jump"), "peer": of("guest1")}], LOGIN, None, "no TCP connection", zone="guest1"
    ),
    "one guest hangs after boot": Fault(
        [{"driver": "guest_boot", "name": of("guest2"), "stuck": True}],
        LOGIN,
        None,
        "no TCP connection",
        zone="guest2",
    ),
}
