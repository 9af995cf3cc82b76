"""Performs one command of the helper: within a time, heard as it goes, ended when everything is to end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import IO

from stackprobe.aftermath.plan import Part

#: How long a command may take to end itself, seconds.
GRACE_S = 3.0
#: What must be done even then gets so long when everything is to end, seconds: CIs give ten.
HASTE_S = 4.0
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Interrupted(Exception):
    """A signal has ended a command."""


class Interruptible:
    """Notices SIGTERM, SIGINT and SIGHUP, and lets only what must be done go on.

    :ivar number: of the first signal; None: there was none.
    """

    def __init__(self) -> None:
        self.number: int | None = None

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        previous = {number: signal.signal(number, self._take) for number in _ENDING}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        self.number = self.number or number


def perform(part: Part, stop: Interruptible, say: Callable[[str], None]) -> str | None:
    """Run a command to its end.

    :param say: is told each line that it prints.
    :returns: what went wrong, on one line; None: nothing did.
    :raises Interrupted: a signal came meanwhile; a part that must always be done is done all the same, in haste.
    """
    if stop.number and not part.always:
        raise Interrupted
    # GITHUB_ACTIONS: what goes wrong here is one trouble of many, told by who called, and no annotation of its own
    environment = {**os.environ, **part.environment, "GITHUB_ACTIONS": ""}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "stackprobe", *part.arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
        errors="replace",
        start_new_session=True,  # a terminal's or a CI's signal is for this process, which passes it on
    )
    last = [""]
    reader = threading.Thread(target=_listen, args=(process.stdout, say, last), daemon=True)
    reader.start()
    began = time.monotonic()
    while process.poll() is None:
        limit_s = HASTE_S if stop.number and part.always else part.limit_s
        if (stop.number and not part.always) or time.monotonic() - began > limit_s:
            _end(process)
            reader.join(GRACE_S)
            if stop.number and not part.always:
                raise Interrupted
            return f"{part.meaning}: not done within {limit_s:g} s"
        time.sleep(0.05)
    reader.join(GRACE_S)
    if process.returncode == 0:
        return None
    return f"{part.meaning}: {last[0].removeprefix('stackprobe: ') or f'exit code {process.returncode}'}"


def _listen(lines: IO[str], say: Callable[[str], None], last: list[str]) -> None:
    with lines:
        for line in lines:
            if line.strip():
                last[0] = line.strip()
            say(line.rstrip("\n"))


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
