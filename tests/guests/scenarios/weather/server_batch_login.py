"""What can go wrong with one of many guests."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault

LOGIN = "Log in to the guest"
SLOW_S = 25
OPTIONS = {"servers": 3, "login_deadline": LOGIN_S}


def of(guest: str) -> str:
    """The name of a guest, as rules have it."""
    return f"-server_batch_login-{guest}$"


FAULTS = {
    "one guest is slow": Fault(
        [{"driver": "guest_boot", "name": of("guest2"), "delay": SLOW_S}],
        "Check how the times to login lie",
        None,
        "login_p95_ms",
        options={"p95_limit": SLOW_S},
    ),
    "one server does not start": Fault(
        [{"driver": "spawn", "name": of("guest3"), "error": "no room for it"}],
        "Wait until the server is active",
        200,
        "ERROR",
        zone="guest3",
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
