"""A host that leads to guests and was there before the run: a genuine sshd where floating IPs are reached."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.guests.outside import Outside, until
from tests.support.packages import program

BASTION = "the jump host of the tests"
"""In place of the option `access`, whose value is another in each cloud."""
ADDRESS, PORT = "203.0.113.1", 2222
LOG = "sshd.log"
AUTHORIZED = "authorized_keys"
"""Beside the user's key. It leads on, and may do nothing else."""


@contextlib.contextmanager
def jump_host(namespace: str, directory: Path) -> Iterator[Mapping[str, Any]]:
    """It runs, for whoever reaches floating IPs himself; the value of the option `access`.

    :param namespace: where it runs.
    :param directory: for its keys and its log.
    """
    server = _Server(namespace, directory)
    words = server.words("-D", ListenAddress=ADDRESS, Port=PORT, PidFile="none")
    with subprocess.Popen(words, stdin=subprocess.DEVNULL) as process:
        try:
            outside = Outside(namespace, server.key)
            until(lambda: outside.connects(ADDRESS, PORT), "the jump host listens")
            yield server.access(ADDRESS, PORT)
        finally:
            process.terminate()


@contextlib.contextmanager
def only_way_in(namespace: str, directory: Path) -> Iterator[Mapping[str, Any]]:
    """It listens on this machine, which reaches neither floating IPs nor guests, and leads to where they are reached.

    :param namespace: where its sshd runs, one for each connection.
    :param directory: for its keys and its log.
    """
    server = _Server(namespace, directory)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=[listener, server.words("-i")], daemon=True).start()
        yield server.access("127.0.0.1", listener.getsockname()[1])


def _serve(listener: socket.socket, words: list[str]) -> None:
    served = []
    with contextlib.suppress(OSError):  # the listener is closed
        while True:
            wire, _ = listener.accept()
            with wire:
                served.append(subprocess.Popen(words, stdin=wire, stdout=wire, stderr=subprocess.DEVNULL))
    for one in served:
        one.terminate()
        one.wait()


class _Server:
    """Keys and settings of an sshd."""

    def __init__(self, namespace: str, directory: Path) -> None:
        self._namespace, self._directory = namespace, directory
        self._host_key, self.key = (Outside.make_key(directory / name) for name in ("host", "user"))
        public = self.key.with_suffix(".pub").read_text(encoding="utf-8")
        (directory / AUTHORIZED).write_text(f"restrict,port-forwarding {public}", encoding="utf-8")
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)

    def words(self, mode: str, **settings: Any) -> list[str]:
        """The command that starts it in its namespace."""
        settings |= {
            "HostKey": self._host_key,
            "AuthorizedKeysFile": self._directory / AUTHORIZED,
            "PermitRootLogin": "prohibit-password",
            "StrictModes": "no",
            "UsePAM": "no",
        }
        words = [str(program("sshd")), mode, "-f", "/dev/null", "-E", str(self._directory / LOG)]
        words += [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
        return ["ip", "netns", "exec", self._namespace, *words]

    def access(self, host: str, port: int) -> Mapping[str, Any]:
        """How a run is told of it."""
        public = " ".join(self._host_key.with_suffix(".pub").read_text().split()[:2])
        return {
            "host": host, "port": port, "user": "root", "key_file": str(self.key), "host_key": public,
            "floating_ips": True,
        }  # fmt: skip
