"""What can be wrong with the processors of a guest, and with the program that computes on them."""

from __future__ import annotations

import shutil

from tests.guests.scenarios.season import LOGIN_S, Fault
from tests.guests.scenarios.tools import Remedied, Skipped, replaced, without

SCENARIO = "guest_cpu"
OPTIONS = {"login_deadline": LOGIN_S, "digits": 300, "bring_bc": ""}
ALONE, ALL = "Compute pi", "Compute pi on all processors"
SLOW_S = 4
ITSELF = '[ "$1" = --version ] && exec "$real" "$@"'
FAULTS = {
    "a processor computes wrong digits": Fault(
        replaced(SCENARIO, "bc", '"$real" "$@" | tr 3 8'), ALONE, None, "json.results"
    ),
    "a processor is slow": Fault(
        replaced(SCENARIO, "bc", f'{ITSELF}\nsleep {SLOW_S}\nexec "$real" "$@"'),
        ALONE, None, "limit", options={"limit": SLOW_S / 2, "all_processors": False},
    ),
    "processors wait for each other": Fault(
        replaced(SCENARIO, "bc", f'{ITSELF}\nflock /run/bc/real sh -c "sleep 1; $real $*"'),
        ALL, None, "json.efficiency_percent", options={"efficiency_percent": 80},
    ),
    "there is no bc": Skipped(without(SCENARIO, "bc"), ALL, None, "the guest has no bc"),
    "there is no bc, but the runner has one": Remedied(
        without(SCENARIO, "bc"), ALL, None, options={"bring_bc": str(shutil.which("bc"))}
    ),
    "there is another bc": Skipped(
        replaced(SCENARIO, "bc", 'exec busybox bc "$@"'), ALONE, None, "its bc is not that of GNU"
    ),
}  # fmt: skip
