"""Network namespaces: made, entered, searched for processes, removed."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from pocketcloud.errors import PocketcloudError

PLACE = Path("/run/netns")
PROC = Path("/proc")
CLONE_NEWNET = 0x40000000
BACKLOG = 256
GONE_WITHIN_S = 10.0


def ip(*arguments: str) -> str:
    """Run `ip`; what it printed. Raises PocketcloudError."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise PocketcloudError(f"`ip {' '.join(arguments)}` failed: {done.stderr.strip()}", "see the line above")
    return done.stdout


def make(name: str) -> None:
    """Make a namespace with a loopback device."""
    ip("netns", "add", name)
    ip("-n", name, "link", "set", "lo", "up")


def exists(name: str) -> bool:
    """Whether there is a namespace of this name."""
    return (PLACE / name).exists()


def beginning_with(prefix: str) -> list[str]:
    """The namespaces whose names begin so."""
    try:
        return sorted(entry.name for entry in PLACE.iterdir() if entry.name.startswith(prefix))
    except FileNotFoundError:
        return []


def enter(name: str) -> None:
    """Have the calling thread, and the processes that it starts, work in a namespace. Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    with open(PLACE / name, "rb") as stream:
        if library.setns(stream.fileno(), CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), name)


def listen(name: str, host: str, port: int) -> socket.socket:
    """A socket that listens inside a namespace, and may be used from anywhere. Raises OSError.

    An empty `host` means all addresses.
    """
    made: list[socket.socket] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            enter(name)
            both = not host and socket.has_dualstack_ipv6()
            family = socket.AF_INET6 if both else socket.AF_INET
            made.append(socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=both))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)  # the namespace is a thread's own
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return made[0]


def inode(name: str) -> int | None:
    """What tells a namespace from another one of the same name; None when there is none."""
    try:
        return (PLACE / name).stat().st_ino
    except OSError:
        return None


def _inodes(names: Iterable[str]) -> set[int]:
    return {number for name in names if (number := inode(name)) is not None}


def _lives_in(pid: int, inodes: set[int]) -> bool:
    try:
        return (PROC / str(pid) / "ns" / "net").stat().st_ino in inodes
    except OSError:
        return False


def pids(names: Iterable[str]) -> set[int]:
    """The processes that live in these namespaces."""
    inodes = _inodes(names)
    numbers = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal())
    return {pid for pid in numbers if _lives_in(pid, inodes)} if inodes else set()


def send(names: Iterable[str], number: signal.Signals) -> set[int]:
    """Send a signal to everything that lives in these namespaces; returns what was there."""
    names = list(names)
    inodes, found = _inodes(names), pids(names)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            try:
                if _lives_in(pid, inodes):  # the number has not been used again meanwhile
                    signal.pidfd_send_signal(descriptor, number)
            finally:
                os.close(descriptor)
    return found


def end_processes(names: Iterable[str]) -> int:
    """Kill everything that lives in these namespaces and wait until it has gone; returns how many there were."""
    names, seen = list(names), set()
    end = time.monotonic() + GONE_WITHIN_S
    while left := send(names, signal.SIGKILL):
        seen |= left
        if time.monotonic() > end:
            raise PocketcloudError(f"processes {sorted(left)} do not end", "end them, then run the same command again")
        time.sleep(0.02)
    return len(seen)


def remove(name: str) -> None:
    """Remove a namespace, with the devices in it, if it is there."""
    if exists(name):
        with contextlib.suppress(PocketcloudError):
            ip("netns", "del", name)
        (PLACE / name).unlink(missing_ok=True)  # a file alone is left when making it was interrupted
