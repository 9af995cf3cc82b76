"""Whether a run still lives, as far as this machine can tell: a locked file for every run.

The kernel drops the lock when the last process of a run is gone, whatever killed it, so a file without a lock means a
run that was killed. The lock belongs to the file's first opener and the processes it forks: a run lives as long as one
of them does. A run that ends cleanly removes its file.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

Liveness = Literal["alive", "ending", "dead", "unknown"]
State = Literal["running", "ending"]

_RECORD_BYTES = 512  # every state is written over the last with one write of this size: readers never see half of one


@dataclass(frozen=True)
class DeadRun:
    """The lock file that a killed run left on this machine.

    :param scope: which cloud it worked on, as its :class:`RunLock` was told.
    :param seen: when its file was last written, seconds since 1970 by this machine's clock.
    """

    run_id: str
    scope: str
    seen: float


class RunLock:
    """Tells the sweeps of this machine that a run lives; a context manager around the whole run.

    A machine without a writable state directory runs all the same: ``problem`` then says why nothing was locked, and
    sweeps judge the run by its deadline alone.

    :param run_id: the run.
    :param scope: which cloud it works on ("cloud/region"): a sweep forgets a dead run of its own scope only.
    """

    def __init__(self, run_id: str, scope: str = "") -> None:
        self.run_id, self.scope = run_id, scope
        self.problem: str | None = None
        self._file: int | None = None
        self._path = _lock_file(run_id)
        self._keep = False
        self._pid = os.getpid()

    def __enter__(self) -> RunLock:
        unlocked = self._path.with_name(f".{self.run_id}.{os.getpid()}")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(unlocked, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.state("running")
            os.rename(unlocked, self._path)  # only now, so that nobody sees it without its lock
        except OSError as error:
            self.problem = f"{error.strerror or error}: {self._path}"
            if self._file is not None:
                os.close(self._file)
                self._file = None
        return self

    def state(self, state: State) -> None:
        """Say what the run does now; a sweep waits a while for a run that is ``ending`` to remove its own resources."""
        if self._file is None:
            return
        record = {"pid": os.getpid(), "state": state, "scope": self.scope[:200], **_this_machine()}
        os.pwrite(self._file, json.dumps(record).encode().ljust(_RECORD_BYTES - 1) + b"\n", 0)

    def leave_for_sweep(self) -> None:
        """The run could not remove all that it made: the next sweep here need not wait for the run's deadline."""
        self._keep = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        if not self._keep and kind is None and self._pid == os.getpid():  # not in a forked child
            self._path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = None


def liveness(run_id: str) -> Liveness:
    """What this machine knows of a run.

    ``alive`` and ``ending``: one of its processes exists. ``dead``: it was killed here, or left resources knowingly.
    ``unknown``: it ended cleanly, or it is one of another machine or user.
    """
    record, locked = _inspect(_lock_file(run_id))
    if record is None:
        return "unknown"
    if locked:
        return "ending" if record.get("state") == "ending" else "alive"
    here = _this_machine()
    if record.get("boot") == here["boot"] or (record.get("host"), record.get("machine")) == (
        here["host"],
        here["machine"],
    ):
        return "dead"
    return "unknown"  # a home directory shared with another machine, whose locks may be invisible here


def dead_runs(scope: str | None = None) -> list[DeadRun]:
    """The runs that were killed on this machine, of one scope or of all."""
    found = []
    try:
        names = sorted(path.name for path in runs_directory().iterdir())
    except OSError:
        return []
    for name in names:
        run_id = name.removesuffix(".lock")
        if name.startswith(".") or run_id == name or liveness(run_id) != "dead":
            continue
        path = _lock_file(run_id)
        record, _ = _inspect(path)
        try:
            seen = path.stat().st_mtime
        except OSError:
            continue
        if record is not None and scope in (None, record.get("scope")):
            found.append(DeadRun(run_id, str(record.get("scope", "")), seen))
    return found


def forget(run_id: str) -> None:
    """Remove what a dead run left on this machine; call it when nothing of the run is left in its cloud."""
    if liveness(run_id) == "dead":
        _lock_file(run_id).unlink(missing_ok=True)


def wait_while_ending(run_ids: set[str], timeout_s: float) -> None:
    """Return when none of the runs is ``ending`` any more, or after ``timeout_s``."""
    until = time.monotonic() + timeout_s
    while any(liveness(run_id) == "ending" for run_id in run_ids) and time.monotonic() < until:
        time.sleep(0.25)


def runs_directory() -> Path:
    """Where the lock files of this user are."""
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if os.path.isabs(state) else Path(os.path.expanduser("~")) / ".local" / "state"
    return base / "stackprobe" / "runs"


def _lock_file(run_id: str) -> Path:
    return runs_directory() / f"{run_id}.lock"


def _inspect(path: Path) -> tuple[dict[str, Any] | None, bool]:
    """What a lock file says and whether somebody holds its lock; (None, False) when there is none."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None, False
    except OSError:
        return {}, True  # there is one that this user may not open: take the run for alive
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            locked = False
        except OSError as error:
            locked = error.errno in (errno.EWOULDBLOCK, errno.EACCES)
        try:
            record = json.loads(os.pread(file, _RECORD_BYTES, 0))
        except ValueError:
            record = {}
        return record if isinstance(record, dict) else {}, locked
    finally:
        os.close(file)


def _this_machine() -> dict[str, str]:
    return {
        "host": socket.gethostname()[:64],
        "machine": _first_line("/etc/machine-id"),
        "boot": _first_line("/proc/sys/kernel/random/boot_id"),
    }


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as stream:
            return stream.readline().strip()[:40]
    except OSError:
        return ""
