"""What can keep a guest from surviving what is done with it."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault, of_driver

SCENARIO = "reboot_survival"
SOFT, HARD = 2, 3  # which boots of the guest they are
OPTIONS = {"login_deadline": LOGIN_S}
NOT_DONE = {"service": "nova", "method": "POST", "path": "/action$", "status": 202}
FAULTS = {
    "the guest hangs after its reboot": Fault(
        of_driver(SCENARIO, "guest_boot", stuck=True, nth=SOFT), "Log in again", None, "no TCP connection", zone="soft",
        options={"login_deadline": LOGIN_S},
    ),
    "a hard reboot loses the data": Fault(
        of_driver(SCENARIO, "guest_disk", error="lost", nth=HARD), "Find the data", None, "is 'gone'", zone="hard"
    ),
    "a reboot is accepted and not done": Fault(
        [{**NOT_DONE, "sent": '"reboot"', "times": 1}], "Find it booted anew", None, "expected", zone="soft"
    ),
    "a rebuild is accepted and not done": Fault(
        [{**NOT_DONE, "sent": '"rebuild"', "body": {"server": {"status": "ACTIVE"}}}],
        "Find it booted anew", None, "expected", zone="rebuild",
    ),
}  # fmt: skip
