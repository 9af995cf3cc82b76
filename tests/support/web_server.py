"""A genuine web server on loopback that misbehaves address by address."""

from __future__ import annotations

import contextlib
import http.server
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

SLOW_S = 0.4
BODY = "<h1>All systems are go</h1>"


class WebServer(http.server.ThreadingHTTPServer):
    """One that runs.

    :ivar url: ``http(s)://127.0.0.1:PORT``.
    :ivar seen: request line and headers of every request.
    """

    daemon_threads = True
    block_on_close = False
    url = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.over = threading.Event()

    def handle_error(self, *_: object) -> None:
        """A client that goes away is what is tested."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: WebServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.seen.append((self.requestline, {name.lower(): value for name, value in self.headers.items()}))
        path = self.path.partition("?")[0].strip("/")
        handler = getattr(self, f"_{path.partition('/')[0]}", None)
        if handler is None:
            self._send(int(path) if path.isdigit() else 200)
        else:
            handler(path.partition("/")[2])

    do_HEAD = do_OPTIONS = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _send(self, status: int = 200, content: bytes = BODY.encode(), **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _slow(self, _: str) -> None:
        time.sleep(SLOW_S)
        self._send()

    def _hang(self, _: str) -> None:
        self.server.over.wait()

    def _drip(self, _: str) -> None:
        """Never silent for long, never done, and without a length: only its time says that it is not whole."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while not self.server.over.wait(0.05):
            self.wfile.write(b"x")

    def _reset(self, _: str) -> None:
        self.connection.setsockopt(1, 13, b"\x01\0\0\0\0\0\0\0")  # SO_LINGER of 0 s: RST
        self.close_connection = True
        self.rfile.close()
        self.wfile.close()
        self.connection.close()

    def _closed(self, _: str) -> None:
        self.close_connection = True

    def _garbage(self, _: str) -> None:
        self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        self.close_connection = True

    def _short(self, _: str) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        self.close_connection = True

    def _chunks(self, how: str) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nAll s\r\n9\r\nystems go\r\n")
        if how != "short":
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def _large(self, _: str) -> None:
        self._send(content=b"x" * 3_000_000)

    def _json(self, _: str) -> None:
        self._send(content=b'{"links": [{"mtu": 1442}]}')

    def _to(self, place: str) -> None:
        self._send(302, b"", Location=f"/{place}")

    def _away(self, _: str) -> None:
        self._send(302, b"", Location=self.path.partition("?")[2])


@contextlib.contextmanager
def web_server(certificate: Path | None = None) -> Iterator[WebServer]:
    """One that runs, with TLS where there is a certificate (with its key, PEM)."""
    server = WebServer()
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        # the handshake belongs to the connection's thread
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
