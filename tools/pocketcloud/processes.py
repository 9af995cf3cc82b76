"""Finding, measuring and ending the processes of a cloud. Linux only: everything is read from /proc."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pocketcloud.layout import Layout

PROC = Path("/proc")
LAUNCHER = "host/launch.py"
COMMANDS = ("serve", "schema", "populate")


@dataclass(frozen=True)
class Memory:
    """Bytes of one or several processes: PSS shares out what they have in common, RSS counts it for each."""

    rss_bytes: int = 0
    pss_bytes: int = 0

    def __add__(self, other: Memory) -> Memory:
        return Memory(self.rss_bytes + other.rss_bytes, self.pss_bytes + other.pss_bytes)


def belongs(pid: int, root: Path) -> bool:
    """Whether a process is one of the cloud in this directory, by its command line and owner.

    Process numbers are used again, so a number alone, from a file of an earlier day, proves nothing.
    """
    try:
        directory = PROC / str(pid)
        if directory.stat().st_uid != os.getuid():
            return False
        # a service that sets its title may have joined the arguments
        line = (directory / "cmdline").read_bytes().replace(b"\0", b" ").strip()
    except OSError:
        return False
    endings = tuple(os.fsencode(f"{LAUNCHER} {command} {root}") for command in COMMANDS)
    return line.endswith(endings) and _state(pid) != "Z"


def _state(pid: int) -> str:
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def find(root: Path) -> list[int]:
    """All processes of the cloud in this directory, whatever its files say."""
    numbers = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal())
    return [pid for pid in numbers if pid != os.getpid() and belongs(pid, root)]


def names(layout: Layout) -> dict[str, int]:
    """The processes that still live, by name: the services, `supervisor`, perhaps `relay`."""
    return {name: pid for name, pid in recorded(layout).items() if belongs(pid, layout.root)}


def recorded(layout: Layout) -> dict[str, int]:
    """The processes that were started, by name; each number may be another process's by now."""
    try:
        found: dict[str, int] = json.loads((layout.run / "processes.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def memory(pid: int) -> Memory:
    """Memory of a process; nothing when it has gone."""
    try:
        text = (PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return Memory()
    found = {}
    for line in text.splitlines():
        words = line.split()
        if words[0] in ("Rss:", "Pss:"):
            found[words[0]] = int(words[1]) * 1024
    return Memory(found.get("Rss:", 0), found.get("Pss:", 0))


def _signal(pid: int, root: Path, number: signal.Signals) -> None:
    """Signal a process if it is ours. The descriptor pins the process between the check and the signal."""
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            if belongs(pid, root):
                signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)


def _wait_gone(root: Path, pids: Iterable[int], patience_s: float) -> bool:
    end = time.monotonic() + patience_s
    while any(belongs(pid, root) for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def stop(layout: Layout, patience_s: float) -> int:
    """End all processes of a cloud, kindly and then by force; returns how many had to be killed."""
    root = layout.root
    supervisor = names(layout).get("supervisor")
    first = find(root)
    if supervisor is not None:
        _signal(supervisor, root, signal.SIGTERM)  # it asks the services itself
    else:
        for pid in first:
            _signal(pid, root, signal.SIGTERM)
    if first:
        _wait_gone(root, first, patience_s)
    killed = 0
    while left := find(root):  # again, for a process that was being forked
        for pid in left:
            _signal(pid, root, signal.SIGKILL)
        killed += len(left)
        _wait_gone(root, left, 5.0)
    return killed
