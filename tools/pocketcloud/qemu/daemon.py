"""libvirtd of one cloud: private, in the switch's namespace, where its guests' devices appear."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from pocketcloud.guests import namespaces
from pocketcloud.guests.names import Names
from pocketcloud.guests.plane import Fork
from pocketcloud.guests.preconditions import PATH, program
from pocketcloud.layout import Layout

NAME = "libvirtd"
SCRIPT = Path(__file__).parent / "libvirtd.sh"
PATIENCE_S = 60.0


def socket(layout: Layout) -> Path:
    """Where it listens."""
    return Names(layout.root).run / "libvirt" / "libvirt-sock"


def start(layout: Layout, fork: Fork) -> None:
    """Start it, when the switch runs; returns when it listens. Raises RuntimeError."""
    pid = fork(NAME, set(), _become(layout))
    end = time.monotonic() + PATIENCE_S
    while not socket(layout).exists():
        if time.monotonic() > end or os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            log = layout.log / f"{NAME}.out"
            raise RuntimeError(f"{NAME} did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)


def _become(layout: Layout) -> Callable[[], None]:
    names = Names(layout.root)

    def become() -> None:
        namespaces.enter(names.switch)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        words = [program("unshare"), "--mount", "--propagation", "private", "sh", str(SCRIPT),
                 str(layout.state / "libvirt"), str(names.run)]  # fmt: skip
        os.execve(words[0], words, {"PATH": PATH, "HOME": "/root"})  # noqa: S606 - it is what this child is for

    return become
