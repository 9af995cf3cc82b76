"""An SSH step above bare ``ssh``: a command on a kept connection, and a login, beside OpenSSH's client in one run."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from stackprobe.engine.classify import Judge
from stackprobe.engine.core import Engine
from stackprobe.engine.ledger import Ledger
from stackprobe.engine.recorder import Recorder
from stackprobe.engine.steps import Step
from stackprobe.journal import Journal

from tests.support.ssh_server import SshServer, ssh_server

ROUNDS = 20
OPTIONS = ("-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")


class Ours:
    """The step engine without a cloud: its steps, its journal."""

    def __init__(self, place: Path, server: SshServer) -> None:
        recorder = Recorder(Journal(place / "journal.jsonl"))
        connection: Any = None
        self._engine = Engine(
            connection,
            recorder,
            own_prefix="bench-",
            ends=time.monotonic() + 600,
            judge=Judge(),
            ledger=Ledger(recorder),
        )
        self._server = server
        self.public_key: str = self._engine.values.resolve({"$public_key": "bench"}, "bench")
        self.private_key = self._engine.values.private_key("bench", "bench")

    def log_in(self) -> None:
        """``probe_ssh``."""
        server = self._server
        self._step("ssh", host=server.host, port=server.port, user=server.user, key="bench")

    def command(self) -> None:
        """``probe_command`` on the connection that is kept."""
        self._step("command", on="guest", run="true")

    def close(self) -> None:
        self._engine.connections.close("bench")

    def _step(self, kind: str, **arguments: Any) -> None:
        answer = self._engine.execute(Step(kind, "bench", kind, arguments))
        assert answer["outcome"] == "passed", answer


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        with ssh_server(
            place / "sshd", f"SetEnv HOME={place}"
        ) as server:  # what a shell reads there is the same for all
            _measure(place, server)


def _measure(place: Path, server: SshServer) -> None:
    ours = Ours(place, server)
    assert ours.private_key is not None
    key = place / "key"
    key.touch(0o600)
    key.write_bytes(ours.private_key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    server.accept(ours.public_key)
    to = ["-i", str(key), "-p", str(server.port), f"{server.user}@{server.host}"]
    kept = ["-o", f"ControlPath={place}/kept"]
    master = subprocess.Popen(["ssh", *OPTIONS, *kept, "-M", "-N", *to], stdin=subprocess.DEVNULL)
    ours.log_in()
    while not (place / "kept").exists():
        time.sleep(0.02)
    line = ["exec sh -c true"]  # what ours sends, too
    kinds: dict[str, Callable[[], Any]] = {
        "ssh": lambda: subprocess.run(["ssh", *OPTIONS, *to, *line], check=True),
        "ssh, kept connection": lambda: subprocess.run(["ssh", *OPTIONS, *kept, *to, *line], check=True),
        "probe_command": ours.command,
        "probe_ssh": ours.log_in,
    }
    spent: dict[str, list[float]] = {name: [] for name in kinds}
    try:
        for _ in range(ROUNDS):  # in turns, so that each meets the same machine
            for name, act in kinds.items():
                began = time.monotonic()
                act()
                spent[name].append((time.monotonic() - began) * 1000)
    finally:
        ours.close()
        master.terminate()
        master.wait()
    found = {name: statistics.median(values) for name, values in spent.items()}
    for name, median_ms in found.items():
        print(f"{name}: {median_ms:.1f} ms (least {min(spent[name]):.1f})")
    bare, multiplexed, command, login = found.values()
    print(f"probe_command: {command / multiplexed:.2f} × ssh with a kept connection, {command / bare:.2f} × ssh")
    print(f"probe_command above ssh with a kept connection: {command - multiplexed:+.1f} ms")
    print(f"probe_ssh and probe_command: {(login + command) / bare:.2f} × ssh, which does both")


if __name__ == "__main__":
    main()
