"""Runs that go on while a test looks at them, and that are over when it ends."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

#: What a run or a job may take, seconds.
PATIENCE_S = 240.0


def until(condition: Callable[[], Any], what: str, process: psutil.Popen) -> None:
    """Wait for it, as long as the process lives that brings it about."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end and process.poll() is None, f"in vain: {what}"
        time.sleep(0.05)


@contextlib.contextmanager
def ended(process: psutil.Popen, when_done: bool = True) -> Iterator[None]:
    """Kill a process and all that it started: after an error, and at the end if it is to be over then."""
    family: list[psutil.Process] = []
    good = False
    try:
        with contextlib.suppress(psutil.NoSuchProcess):
            family = [process, *process.children(recursive=True)]
        yield
        good = True
    finally:
        if when_done or not good:
            with contextlib.suppress(psutil.NoSuchProcess):
                family += process.children(recursive=True)
            for one in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()


def has_created(report: Path) -> bool:
    """Whether the run there has created something."""
    with contextlib.suppress(FileNotFoundError):
        return '"state":"created"' in (report / "journal.jsonl").read_text().replace(" ", "")
    return False


def find(leader: psutil.Process, command: str) -> psutil.Process:
    """The process of `stackprobe COMMAND` among those that the leader has started."""
    return next(one for one in leader.children(recursive=True) if _is(one, command))


def _is(process: psutil.Process, command: str) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        line = process.cmdline()
        return "-m" in line[:4] and line[line.index("-m") :][1:3] == ["stackprobe", command]
    return False
