"""Thin client of the step engine: a line of JSON to the session's Unix socket, a line back. Standard library only."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

SOCKET_VARIABLE = "STACKPROBE_SOCKET"


class _Baton:
    """Held by the one step thread that runs Ansible code; put down while a step waits for its answer.

    Ansible's executor was written for one task a process. With the baton, no two steps are in it at once, yet any
    number of them wait. In a forked worker nobody holds it, and putting it down does nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mine = threading.local()

    def __enter__(self) -> None:
        self._lock.acquire()
        self._mine.held = True

    def __exit__(self, *_: object) -> None:
        self._mine.held = False
        self._lock.release()

    @contextlib.contextmanager
    def put_down(self) -> Iterator[None]:
        if not getattr(self._mine, "held", False):
            yield
            return
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()


BATON = _Baton()


class SessionGone(Exception):
    """The session process does not answer: the run is over."""


def ask(path: str, request: dict[str, Any]) -> dict[str, Any]:
    """Send ``request`` to the session at ``path`` and wait for its answer, however long that takes.

    :raises SessionGone: nobody is there, or nobody is any more.
    """
    with BATON.put_down():
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(path)
                with connection.makefile("rwb") as stream:
                    stream.write(json.dumps(request, default=str).encode() + b"\n")
                    stream.flush()
                    line = stream.readline()
        except OSError as error:
            raise SessionGone(f"the step engine does not answer at {path}: {error}") from error
    if not line.endswith(b"\n"):
        raise SessionGone(f"the step engine at {path} ended before it answered")
    answer: dict[str, Any] = json.loads(line)
    return answer


def socket_path(variables: dict[str, Any] | None) -> str:
    """Where the session listens: from the playbook's plan, else from the environment.

    :raises SessionGone: neither says so.
    """
    path = (variables or {}).get("probe_socket") or os.environ.get(SOCKET_VARIABLE)
    if not path:
        raise SessionGone("no step engine was started for this play: use playbooks/probe/run.yaml")
    return str(path)
