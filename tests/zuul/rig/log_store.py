"""The log store: a static web server on loopback over the folder that the base job's post playbook publishes to."""

from __future__ import annotations

import functools
import http.server
import threading
from pathlib import Path
from typing import Any

from pocketcloud.services import HOST


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: tests read the answers."""


class LogStore:
    """Serves a folder until it is closed."""

    def __init__(self, folder: Path) -> None:
        handler = functools.partial(_Handler, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer((HOST, 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, name="log store", daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
