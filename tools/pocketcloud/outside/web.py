"""The outside's web server: one page, and one that tells the address from which it is asked."""

from __future__ import annotations

import socketserver
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pocketcloud.guests.names import OUTSIDE
from pocketcloud.outside.rules import Rules, Silence

PORT = 80
PAGE = b"outside is reached\n"


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        """The page at /, the address of who asks at /address, nothing else."""
        try:
            rule = self.server.rules.act("http", self.path)
        except Silence:
            self.close_connection = True
            return
        pages = {"/": PAGE, "/address": f"{self.client_address[0]}\n".encode()}
        found = pages.get(self.path.partition("?")[0])
        status = (rule.status if rule else None) or (HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
        body = (found or PAGE) if status == HTTPStatus.OK else b"%d\n" % status
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    rules: Rules

    def server_bind(self) -> None:
        """As upstream, but without a question for the name of its own address, which nobody would answer."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = OUTSIDE, PORT


def server(host: str, rules: Rules) -> ThreadingHTTPServer:
    """A server that listens. Raises OSError."""
    one = _Server((host, PORT), _Handler)
    one.rules = rules
    return one
