"""What the tests of steps in guests share: a login in a genuine SSH server that stands for a guest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import stackprobe.engine.ssh.login  # noqa: F401  # loaded before the first step, as a run with guests has it

from tests.integration.engine.driver import Probe, Record
from tests.support.ssh_server import SshServer


def public_key(probe: Probe, name: str = "own") -> str:
    """The public half of a key of the scenario ``one``, made at its first mention."""
    key: str = probe.session.engine.values.resolve({"$public_key": name}, "one")
    return key


def ask(probe: Probe, host: str, port: int, **arguments: Any) -> Record:
    """A login as some user, which may come to nothing."""
    public_key(probe)
    asked = {"host": host, "port": port, "user": "guest", "key": "own", "deadline": 20, **arguments}
    return probe.step("ssh", asked, name="Log in")


def log_in(probe: Probe, server: SshServer, /, **arguments: Any) -> Record:
    """A login with a key that the server takes."""
    server.accept(public_key(probe))
    return ask(probe, **{"host": server.host, "port": server.port, "user": server.user, **arguments})


class Later:
    """Does something after a while, or as soon as something holds, in a thread of its own.

    :ivar at: when it was about to do it, monotonic seconds; 0 before.
    """

    def __init__(self, when: float | Callable[[], object], act: Callable[..., object], *arguments: Any) -> None:
        self.at = 0.0
        self._when, self._act, self._arguments = when, act, arguments
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        if callable(self._when):
            while not self._when():
                time.sleep(0.02)
        else:
            time.sleep(self._when)
        self.at = time.monotonic()
        self._act(*self._arguments)

    def ms_after(self, answer: Record) -> float:
        """How long after a step's beginning it was, in milliseconds."""
        assert self.at, "it has not happened yet"
        return (self.at - float(answer["began"])) * 1000
