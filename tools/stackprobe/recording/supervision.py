"""Runs a command in a process group of its own, passes signals on, and leaves no process behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence

from stackprobe.errors import UsageError
from stackprobe.stop import Stop

GRACE_S = 20.0
"""After a signal was passed on, the command may take so long to end."""
_POLL_S = 0.1


def supervise(command: Sequence[str], environment: Mapping[str, str], stop: Stop, grace_s: float = GRACE_S) -> int:
    """Run a command to its end, with this process's own input and output.

    :param stop: what notices signals; the first one is passed on to the whole group.
    :returns: its exit code, or the negative number of the signal that ended it.
    :raises UsageError: it cannot be started.
    """
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
        process.wait()


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
