"""Run a program, and when it ends, end everything that it left behind. A script, with nothing but the standard library.

    guard.py PARENT_PID PID_FILE PATIENCE_S PROGRAM [ARGUMENT…]

Zuul's services start process pools, log streamers, sandboxes and ssh-agents, each in a session of its own: whatever
ends the service, they become children of this process, which is their subreaper, and it ends them. The guard ends its
program when it gets SIGTERM, or when the process that started it is gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LEFTOVER_PATIENCE_S = 2.0
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


def main(parent: int, pid_file: Path, patience_s: float, command: list[str]) -> int:
    """The program's own exit code; 128 + number when a signal ended it."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    if os.getppid() != parent:
        return 1  # it was gone before this process could ask to be told
    child = subprocess.Popen(command, preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS))  # noqa: PLW1509
    pid_file.write_text(str(child.pid))
    kill_at = None
    while (code := _reap(child.pid)) is None:
        left_s = 3600.0 if kill_at is None else kill_at - time.monotonic()
        if left_s <= 0:
            os.kill(child.pid, signal.SIGKILL)
            left_s = 3600.0
        got = signal.sigtimedwait(SIGNALS, left_s)
        if got is not None and got.si_signo in (signal.SIGTERM, signal.SIGINT) and kill_at is None:
            os.kill(child.pid, signal.SIGTERM)
            kill_at = time.monotonic() + patience_s
    pid_file.unlink(missing_ok=True)
    _end_the_rest()
    return code


def _reap(wanted: int) -> int | None:
    """Collect what has ended; the exit code once the wanted one is among it."""
    code = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == wanted:
                code = os.waitstatus_to_exitcode(status)
    return code if code is None or code >= 0 else 128 - code


def _end_the_rest() -> None:
    """Ask all descendants to end, then kill them. Each time some end, their own children come to us."""
    ask_until = time.monotonic() + LEFTOVER_PATIENCE_S
    while left := _children():
        number = signal.SIGTERM if time.monotonic() < ask_until else signal.SIGKILL
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        signal.sigtimedwait(SIGNALS, 0.1)
        _reap(0)


def _children() -> list[int]:
    me = os.getpid()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                state, above = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if int(above) == me and state != "Z":
                    found.append(int(entry.name))
    return found


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
