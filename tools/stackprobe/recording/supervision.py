"""Runs a command in a process group of its own, passes signals on, and leaves no process behind that was cut short.

Workers of Ansible since 2.19 are in sessions of their own, where no signal to a group finds them. So this process
adopts what loses its parent, and when the command was interrupted, ends all that descends from it. After an end in
peace only the group is ended: a playbook may leave tasks running (``async``) on purpose.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.stop import Stop

GRACE_S = 20.0
"""After a signal was passed on, the command may take so long to end."""
_POLL_S = 0.1
_END_S = 5.0
_SET_CHILD_SUBREAPER = 36
INTERRUPTED = 99
"""Exit code of ansible-playbook after Ctrl-C."""


def supervise(command: Sequence[str], environment: Mapping[str, str], stop: Stop, grace_s: float = GRACE_S) -> int:
    """Run a command to its end, with this process's own input and output.

    :param stop: what notices signals; the first one is passed on to the whole group.
    :returns: its exit code, or the negative number of the signal that ended it.
    :raises UsageError: it cannot be started.
    """
    with contextlib.suppress(OSError, AttributeError):  # elsewhere than on Linux
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        process = subprocess.Popen(list(command), env=dict(environment), process_group=0)
    except OSError as error:
        raise UsageError(
            f"{command[0]} cannot be started: {error.strerror}", remedy="name a program that this machine has"
        ) from error
    try:
        with _in_the_foreground(process.pid):
            return _await(process, stop, grace_s)
    finally:
        _signal(process.pid, signal.SIGKILL)
        code = process.wait()
        if stop.number is not None or code < 0 or code == INTERRUPTED:
            _end_descendants()


def _await(process: subprocess.Popen[bytes], stop: Stop, grace_s: float) -> int:
    ends: float | None = None
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_POLL_S)
        if stop.number is not None and ends is None:
            _signal(process.pid, stop.number)
            ends = time.monotonic() + grace_s
        elif ends is not None and time.monotonic() > ends:
            _signal(process.pid, signal.SIGKILL)


def _end_descendants() -> None:
    """End all that descends from this process, and wait for it."""
    ends = time.monotonic() + _END_S
    while (left := _descendants()) and time.monotonic() < ends:
        for one in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(one, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.02)


def _descendants() -> list[int]:
    """The processes that descend from this one."""
    children: dict[int, list[int]] = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # the name in brackets may hold anything, so what follows is counted from the last bracket
            children[int(path.read_text().rpartition(")")[2].split()[1])].append(int(path.parent.name))
    found: list[int] = []
    front = children[os.getpid()]
    while front:
        found += front
        front = [below for one in front for below in children[one]]
    return found


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


@contextlib.contextmanager
def _in_the_foreground(group: int) -> Iterator[None]:
    """Give the terminal, if there is one, to the command, so that it can ask questions; and take it back."""
    try:
        terminal = sys.stdin.fileno() if sys.stdin and sys.stdin.isatty() else None
        before = os.tcgetpgrp(terminal) if terminal is not None else None
    except (OSError, ValueError):
        terminal = before = None
    if terminal is None or before != os.getpgrp():
        yield
        return
    previous = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # else whoever gives it away is stopped
    try:
        with contextlib.suppress(OSError):
            os.tcsetpgrp(terminal, group)
        yield
    finally:
        with contextlib.suppress(OSError):
            os.tcsetpgrp(terminal, before)
        signal.signal(signal.SIGTTOU, previous)
