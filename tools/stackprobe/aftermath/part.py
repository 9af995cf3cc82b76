"""Performs one command of the helper: within a time, heard as it goes, ended when everything is to end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO

from stackprobe.aftermath.plan import Part
from stackprobe.stop import Stop

#: How long a command may take to end itself, seconds.
GRACE_S = 3.0
#: What must be done even then gets so long when everything is to end, seconds: CIs give ten.
HASTE_S = 4.0


class Interrupted(Exception):
    """A signal has ended a command."""


def perform(part: Part, stop: Stop, say: Callable[[str], None]) -> str | None:
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
