"""What can keep guests from what is outside."""

from __future__ import annotations

from pocketcloud.guests.names import OUTSIDE

from tests.guests.scenarios.season import LOGIN_S, Fault, at_guests

SCENARIO = "guest_outbound"
RESOLVE, ASK, PAGE, PING = "Resolve the name", "Ask the name server", "Ask the address", "Ping the target"
NAME = "www.outside.example"
OPTIONS = {
    "login_deadline": LOGIN_S,
    "deadline": 10,
    "targets": [
        {"name": "outside", "ping": OUTSIDE, "count": 5, "rtt_ms": 200},
        {"name": "own", "dns": NAME, "answers": [OUTSIDE]},
        {"name": "server", "dns": NAME, "server": OUTSIDE, "answers": [OUTSIDE]},
        {"name": "page", "http": f"http://{OUTSIDE}/address", "tells_source": True},
        {"name": "named page", "http": f"http://{NAME}/", "body": "outside is reached"},
    ],
}


def far(guest: str) -> Fault:
    """A guest whose way out is long."""
    rules = at_guests(SCENARIO, "delay", name=f"-guest_outbound-{guest}$", rtt_ms=400)
    return Fault(rules, PING, None, "rtt_p95_ms is at most 200", zone=f"outside_{guest}")


FAULTS = {
    "names are answered wrongly": Fault(
        [{"outside": "dns", "name": "^www", "answer": "192.0.2.66"}],
        RESOLVE,
        None,
        "192.0.2.66",
        zone="own_floating_ip",
        also=(
            (RESOLVE, "own_snat"),
            (ASK, "server_floating_ip"),
            (ASK, "server_snat"),
            (PAGE, "named page_floating_ip"),
            (PAGE, "named page_snat"),
        ),
    ),
    "the page is answered with an error": Fault(
        [{"outside": "http", "name": "^/$", "status": 500}],
        PAGE,
        500,
        "500",
        zone="named page_floating_ip",
        also=((PAGE, "named page_snat"),),
    ),
    "the cloud's own API does not answer guests": Fault(
        [{"outside": "http", "name": "^/$", "status": 503}],
        PAGE,
        503,
        "503",
        zone="api_floating_ip",
        also=((PAGE, "api_snat"),),
        options={"targets": [], "api": f"http://{NAME}/"},
    ),
    "the way of the guest without a floating IP is long": far("snat"),
    "the way of the guest with the floating IP is long": far("floating_ip"),
}
