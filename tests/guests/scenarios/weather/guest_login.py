"""What can keep a customer from logging in."""

from __future__ import annotations

from tests.guests.scenarios.probing import GuestsRun
from tests.guests.scenarios.season import LOGIN_S, Fault, at_guests, of_driver

SCENARIO = "guest_login"
LOGIN = "Log in to the guest"
NOBODY = "no TCP connection"
RTT_MS = 300
OPTIONS = {"login_deadline": LOGIN_S, "image": "cirros"}


def has_kept_the_console(run: GuestsRun) -> None:
    """The console log is kept when nobody gets in."""
    (message,) = run.messages(SCENARIO)
    assert "console log ends" in message
    kept = list((run.output / "consoles").glob(f"*{SCENARIO}*"))
    assert kept and "BEGIN SSH HOST KEY KEYS" in kept[0].read_text(encoding="utf-8")


def has_the_way_in_its_figures(run: GuestsRun) -> None:
    """A connection takes a round trip at least."""
    assert run.figures(SCENARIO, "Log in once more")["connect_ms"] >= RTT_MS * 0.9


FAULTS = {
    "another key is injected": Fault(
        of_driver(SCENARIO, "guest_key"), LOGIN, None, "does not take the key", shows=has_kept_the_console
    ),
    "the floating IP leads to nothing": Fault(at_guests(SCENARIO, "floating"), LOGIN, None, NOBODY),
    "the way is long": Fault(
        at_guests(SCENARIO, "delay", rtt_ms=RTT_MS),
        "Log in once more",
        None,
        "too slow",
        options={"again_limit": RTT_MS / 1000},  # a login takes several round trips
        shows=has_the_way_in_its_figures,
    ),
    "the guest gets no address": Fault(at_guests(SCENARIO, "dhcp"), LOGIN, None, NOBODY),
    "the guest hangs after boot": Fault(of_driver(SCENARIO, "guest_boot", stuck=True), LOGIN, None, NOBODY),
    "what the security group allows is closed": Fault(
        at_guests(SCENARIO, "closed", protocol="tcp", port=22), LOGIN, None, NOBODY
    ),
}
