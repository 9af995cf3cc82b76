"""A dead man's switch: a small HTTP server that remembers who has asked for which path."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Switch:
    """What was asked for.

    :ivar paths: of all requests so far.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.paths: list[str] = []


@contextmanager
def switch() -> Iterator[Switch]:
    """A switch on a free port of loopback."""
    switches: list[Switch] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            switches[0].paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        switches.append(Switch(f"http://127.0.0.1:{server.server_address[1]}"))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield switches[0]
        finally:
            server.shutdown()
            thread.join()
