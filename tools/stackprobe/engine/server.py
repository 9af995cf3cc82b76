"""Serves steps over a Unix socket: one line of JSON in, one line of JSON out, one connection a request."""

from __future__ import annotations

import json
import os
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

MAX_REQUEST_BYTES = 64 * 1024 * 1024
Handler = Callable[[dict[str, Any]], dict[str, Any]]


class _Request(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        line = self.rfile.readline(MAX_REQUEST_BYTES)
        if not line.endswith(b"\n"):
            return
        try:
            answer = self.server.answer(json.loads(line))  # type: ignore[attr-defined]
        except Exception as error:  # a client must always get an answer
            answer = {
                "outcome": "error",
                "fatal": True,
                "message": f"the step engine broke: {type(error).__name__}: {error}",
            }
        self.wfile.write(json.dumps(answer).encode() + b"\n")


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, path: str, answer: Handler) -> None:
        self.answer = answer
        super().__init__(path, _Request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event: whoever killed it is reported elsewhere."""


class Server:
    """The socket at ``path`` (mode 0600), answered by ``answer`` in a thread for each request.

    It is there as soon as it takes requests: whoever waits for the file must not come before.
    """

    def __init__(self, path: Path, answer: Handler) -> None:
        previous = os.umask(0o177)
        unready = path.with_name(f"{path.name}.new")
        try:
            self._server = _Server(str(unready), answer)
        finally:
            os.umask(previous)
        unready.rename(path)
        self.path = path
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="server", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more, and remove the socket."""
        self._server.shutdown()
        self._server.server_close()
        self.path.unlink(missing_ok=True)
