"""``stackprobe session``: the step engine for a play without ``stackprobe run`` around it (Zuul, ansible-playbook).

The play's first task starts it and its last one ends it; it also ends, with teardown and report, when the play's
process is gone, whatever ended that.
"""

from __future__ import annotations

import argparse
import os
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stackprobe.commands.run import add_selection, finish, output_directory, resolve
from stackprobe.engine.session import Session
from stackprobe.stop import Stop
from stackprobe.workplace import occupied

HELP = "serve the steps of a play that runs without `stackprobe run` (the playbook starts it)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_selection(parser)
    parser.add_argument(
        "--home", metavar="DIR", type=Path, required=True, help="a private directory for the socket; removed at the end"
    )
    parser.add_argument("--ansible", metavar="VERSION", help="the ansible-core of the play, for the record")
    parser.add_argument("--player", metavar="PID", type=int, required=True, help="the process of the play to serve")


def execute(arguments: argparse.Namespace) -> int:
    """Serve until the play ends.

    :raises UsageError: bad input; nothing was created in the cloud.
    """
    with occupied(arguments.home):
        return _serve(arguments)


def _serve(arguments: argparse.Namespace) -> int:
    wanted = resolve(arguments)
    stop, ended, answered = Stop(), threading.Event(), threading.Event()
    with stop.listening(), output_directory(arguments.output, wanted.target.cloud) as output:
        order = wanted.order(output, arguments.ansible)
        session = Session(order, arguments.home / "socket")
        code = 2

        def end(_request: dict[str, Any]) -> dict[str, Any]:
            ended.set()
            answered.wait()
            return {"exit_code": code, "output": str(output.resolve())}

        session.requests.operations["end"] = end
        session.open()
        threading.Thread(target=session.prepare, name="prepare", daemon=True).start()
        reason = _until(ended, arguments.player, lambda: stop.reason, session.engine.ends)
        session.close(reason, None if ended.is_set() else "the play ended before the scenario did")
        code = finish(order, session, None, wanted.history)
        answered.set()
        time.sleep(0.2 if ended.is_set() else 0.0)  # for the answer to be read
        session.server.stop()
    return code


def _until(ended: threading.Event, player: int, stopped: Callable[[], str | None], ends: float) -> str | None:
    """Wait for the play's last task, its death, a signal or the deadline; the reason, unless all went its way."""
    try:
        descriptor = os.pidfd_open(player)
    except OSError:
        return "the play is gone"
    try:
        while not ended.is_set():
            if stopped():
                return stopped()
            if time.monotonic() > ends:
                return "deadline"
            if select.select([descriptor], [], [], 0.1)[0] and not ended.is_set():
                return "the play is gone"
    finally:
        os.close(descriptor)
    return None
