"""A stand-in for carbon's line receiver."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def carbon(port: int = 0) -> Iterator[tuple[int, list[str]]]:
    """A line receiver: its port and the lines that it took."""
    taken: list[str] = []

    class Receiver(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            taken.extend(line.decode().strip() for line in self.rfile)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True

    with Server(("127.0.0.1", port), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1], taken
        finally:
            server.shutdown()
            thread.join()
