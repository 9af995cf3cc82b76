"""Peers that take figures as carbon does, or wrongly, and a graphite-web of a few lines: for tests of delivery."""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from stackprobe.commands import send
from stackprobe.graphite.points import Point

NOW = int(time.time())


class Receiver:
    """A line receiver that behaves as a test says, one behaviour a connection, then like carbon."""

    def __init__(self, *behaviours: Callable[[socket.socket], bytes]) -> None:
        self.behaviours = list(behaviours)
        self.lines: list[str] = []
        self.connections = 0
        self.idle = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self.socket.getsockname())
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                self.connections += 1
                self.idle.clear()
                behaviour = self.behaviours.pop(0) if self.behaviours else carbon
                with contextlib.suppress(OSError):
                    data = behaviour(connection)
                    self.lines += data[: data.rfind(b"\n") + 1].decode().splitlines()
                connection.close()
                self.idle.set()


def carbon(connection: socket.socket) -> bytes:
    """Reads to the end, then closes."""
    data = b""
    while chunk := connection.recv(65536):
        data += chunk
    return data


def reset_after(size: int) -> Callable[[socket.socket], bytes]:
    """Reads so much, then dies."""

    def behaviour(connection: socket.socket) -> bytes:
        data = b""
        while len(data) < size and (chunk := connection.recv(min(size - len(data), 4096))):
            data += chunk
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        return data

    return behaviour


def closes_at_once(connection: socket.socket) -> bytes:
    """Like carbon at its limit of connections: closes without reading."""
    connection.close()
    return b""


def hangs(connection: socket.socket) -> bytes:
    """Reads everything and never closes."""
    carbon(connection)
    time.sleep(2)
    return b""


def points(count: int = 3, run: str = "a", t: int = NOW) -> list[Point]:
    return [Point(f"stackprobe.{run}.step{index}.duration_ms", index + 0.125, t) for index in range(count)]


def write(directory: Path, what: list[Point]) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "metrics.txt").write_text("".join(f"{point}\n" for point in what))
    return directory


def run(directory: Path, address: str, *options: str) -> int:
    parser = argparse.ArgumentParser()
    send.add_arguments(parser)
    return send.execute(parser.parse_args([str(directory), "--graphite", address, "--wait", "0", *options]))


def dead_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return "{}:{}".format(*one.getsockname())


class Web:
    """A graphite-web of a few lines over a dictionary: what it holds, and what exists in its store."""

    def __init__(self) -> None:
        self.values: dict[str, dict[int, float]] = {}
        self.existing: set[str] = set()
        self.step = 10
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                from urllib.parse import parse_qs

                asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                answer: object
                if self.path == "/metrics/expand":
                    answer = {"results": [name for name in asked["query"] if name in web.existing]}
                else:
                    step = web.step
                    slots = range(int(asked["from"][0]) // step * step + step, int(asked["until"][0]) + step, step)
                    answer = [
                        {"target": name, "datapoints": [[web.values[name].get(slot), slot] for slot in slots]}
                        for name in asked["target"]
                        if name in web.values
                    ]
                data = json.dumps(answer).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def put(self, what: list[Point], offset: float = 0.0) -> None:
        for point in what:
            self.values.setdefault(point.name, {})[point.t // self.step * self.step] = point.value + offset


def verified(directory: Path, peer: Receiver, web: Web, *options: str) -> int:
    return run(directory, peer.address, "--verify-url", web.url, "--settle", "0.1", *options)
