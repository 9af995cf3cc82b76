"""What the tests of steps in guests share: a login in a genuine SSH server that stands for a guest."""

from __future__ import annotations

from typing import Any

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
