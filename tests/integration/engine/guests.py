"""What the tests of steps in guests share: a login in a genuine SSH server that stands for a guest."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stackprobe.engine.ssh.login  # noqa: F401  # loaded before the first step, as a run with guests has it

from tests.integration.engine.driver import Probe, Record
from tests.support.ssh_server import SshServer

FROM = pytest.mark.parametrize("on", [{}, {"on": "guest"}], ids=["runner", "guest"])
"""The test is for a step from the runner, and for one from a guest."""
Run = Callable[..., Record]
Faults = Callable[[list[dict[str, Any]]], None]
SERVER_ID = "6f1b3a1e-6b1c-4a63-9df5-9d1f0d1f4a55"


def in_home(server: SshServer, program: str, text: str) -> Path:
    """Put a program where the user of the guest finds it first."""
    place = server.place / "home" / "bin" / program
    place.parent.mkdir(parents=True, exist_ok=True)
    place.with_suffix(".new").write_text(text)
    place.with_suffix(".new").chmod(0o755)
    return place.with_suffix(".new").rename(place)


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


def jump_host(server: SshServer, place: Path) -> dict[str, Any]:
    """What a step needs to know of a jump host that takes one key, which is made in a folder."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / "jump"], check=True)
    server.accept((place / "jump.pub").read_text())
    return {"host": server.host, "port": server.port, "user": server.user, "key_file": str(place / "jump")}


def console_log(*lines: str) -> dict[str, Any]:
    """A fault: what the cloud answers when it is asked for a console log."""
    body = json.dumps({"output": "".join(f"{line}\r\n" for line in lines)})
    return {"service": "nova", "method": "POST", "path": "/action$", "status": 200, "body": body}


def marked(*keys: str) -> tuple[str, ...]:
    """Host keys as cloud-init prints them."""
    return ("-----BEGIN SSH HOST KEY KEYS-----", *(key.strip() for key in keys), "-----END SSH HOST KEY KEYS-----")
