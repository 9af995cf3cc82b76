"""A small HTTP/1.1 server for WSGI applications: one thread a connection, and the socket within reach.

Servers made for production hide the connection; injected faults need it: to drop it, to hold it, to cut an answer
short. A thread a connection also means that requests which hang never use up a pool of workers.
"""

from __future__ import annotations

import io
import logging
import selectors
import socket
import ssl
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

LOG = logging.getLogger(__name__)
Headers = list[tuple[str, str]]
Application = Callable[..., Iterable[bytes]]
SPOOL_BYTES = 1 << 20  # request bodies above this go to a temporary file
LOOK_BYTES = 1 << 16  # of a body, for rules that look at it
IDLE_S = 300
MAX_LINE = 1 << 16


class BadRequest(Exception):
    """What arrived is not HTTP."""


class Gone(Exception):
    """End this connection without another byte."""


@dataclass
class Request:
    """One request, read completely."""

    environ: dict[str, Any]
    connection: socket.socket
    keep_alive: bool

    @property
    def method(self) -> str:
        """HTTP method."""
        return str(self.environ["REQUEST_METHOD"])

    @property
    def target(self) -> str:
        """Path and query."""
        query = self.environ["QUERY_STRING"]
        return str(self.environ["PATH_INFO"]) + (f"?{query}" if query else "")

    def sent(self) -> str:
        """The beginning of its body, as text."""
        body = self.environ["wsgi.input"]
        text = body.read(LOOK_BYTES).decode(errors="replace")
        body.seek(0)
        return str(text)

    def client_gone(self) -> bool:
        """Whether the client closed the connection (it has nothing else to say before it is answered)."""
        with selectors.DefaultSelector() as ready:  # select() knows no descriptor above 1023
            ready.register(self.connection, selectors.EVENT_READ)
            return bool(ready.select(0))


@dataclass
class Response:
    """An answer: `body` is sent with a Content-Length when it is one piece, else in chunks unless one is given."""

    status: str
    headers: Headers
    body: Iterable[bytes] = field(default_factory=list)
    promised_length: int | None = None  # Content-Length to claim, when it is not that of the body
    close: bool = False


Handler = Callable[[Request], Response]


def reason(status: int) -> str:
    """The status line's text for a code."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


class Server:
    """Serves one listening socket until `stop`."""

    def __init__(self, listener: socket.socket, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        self.listener = listener
        self.handler = handler
        self.tls = tls
        self.port = listener.getsockname()[1]
        self.stopping = False
        self.busy = 0
        self.changed = threading.Condition()

    def start(self) -> None:
        """Accept connections in a thread of its own."""
        threading.Thread(target=self._accept, name=f"accept-{self.port}", daemon=True).start()

    def stop(self, patience_s: float) -> None:
        """Accept nothing more and give the requests at work some time to finish."""
        self.stopping = True
        self.listener.close()
        with self.changed:
            self.changed.wait_for(lambda: self.busy == 0, timeout=patience_s)

    def _accept(self) -> None:
        while not self.stopping:
            try:
                connection, peer = self.listener.accept()
            except OSError:
                if self.stopping:
                    return
                LOG.exception("accept")
                continue
            threading.Thread(target=self._serve, args=(connection, peer[0]), daemon=True).start()

    def _serve(self, connection: socket.socket, peer: str) -> None:
        try:
            connection.settimeout(IDLE_S)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb", 1 << 16) as stream:
                while not self.stopping and self._exchange(connection, stream, peer):
                    pass
        except (OSError, Gone):
            pass  # the client went, or was meant to see the connection end
        except BadRequest as error:
            LOG.warning("bad request from %s: %s", peer, error)
        except Exception:
            LOG.exception("connection from %s", peer)

    def _exchange(self, connection: socket.socket, stream: Any, peer: str) -> bool:
        request = self._read(connection, stream, peer)
        if request is None:
            return False
        with self.changed:
            self.busy += 1
        try:
            response = self.handler(request)
            _send(connection, request, response)
            return request.keep_alive and not response.close
        finally:
            request.environ["wsgi.input"].close()
            with self.changed:
                self.busy -= 1
                self.changed.notify_all()

    def _read(self, connection: socket.socket, stream: Any, peer: str) -> Request | None:
        line = stream.readline(MAX_LINE)
        if not line:
            return None
        try:
            method, target, version = line.decode("latin-1").split()
        except ValueError:
            raise BadRequest(repr(line[:80])) from None
        path, _, query = target.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.port),
            "SERVER_PROTOCOL": version,
            "SERVER_SOFTWARE": "pocketcloud",
            "REMOTE_ADDR": peer,
            "REMOTE_HOST": peer,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if self.tls else "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }
        for name, value in _read_headers(stream):
            key = name.upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = "HTTP_" + key
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        if environ.get("HTTP_EXPECT", "").lower() == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ["wsgi.input"], length = _read_body(stream, environ)
        environ["CONTENT_LENGTH"] = str(length)
        wants = environ.get("HTTP_CONNECTION", "").lower()
        keep = wants != "close" and (version == "HTTP/1.1" or wants == "keep-alive")
        return Request(environ, connection, keep)


def _read_headers(stream: Any) -> Iterator[tuple[str, str]]:
    while True:
        line = stream.readline(MAX_LINE)
        if not line.endswith(b"\n"):
            raise BadRequest("headers cut short")
        text = line.decode("latin-1").rstrip("\r\n")
        if not text:
            return
        name, colon, value = text.partition(":")
        if not colon:
            raise BadRequest(repr(text[:80]))
        yield name.strip(), value.strip()


def _read_body(stream: Any, environ: dict[str, Any]) -> tuple[BinaryIO, int]:
    """The whole request body, without its transfer encoding, and its length."""
    if "chunked" in environ.pop("HTTP_TRANSFER_ENCODING", "").lower():
        pieces = _chunks(stream)
    else:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length <= SPOOL_BYTES:
            data = stream.read(length)
            if len(data) < length:
                raise BadRequest("body cut short")
            return io.BytesIO(data), length
        pieces = _pieces(stream, length)
    spool = tempfile.SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115 - lives as long as the request
    for piece in pieces:
        spool.write(piece)
    length = spool.tell()
    spool.seek(0)
    return spool, length  # type: ignore[return-value]


def _pieces(stream: Any, length: int) -> Iterator[bytes]:
    while length:
        piece = stream.read(min(length, 1 << 16))
        if not piece:
            raise BadRequest("body cut short")
        length -= len(piece)
        yield piece


def _chunks(stream: Any) -> Iterator[bytes]:
    while True:
        size = int(stream.readline(MAX_LINE).split(b";")[0], 16)
        if not size:
            for _ in _read_headers(stream):
                pass  # trailers
            return
        yield from _pieces(stream, size)
        stream.readline(MAX_LINE)


def _send(connection: socket.socket, request: Request, response: Response) -> None:
    """Write an answer; small ones in one packet."""
    status = int(response.status.split()[0])
    bodyless = request.method == "HEAD" or status in (204, 304) or status < 200
    lines = [f"HTTP/1.1 {response.status}"]
    if not any(name.lower() == "date" for name, _ in response.headers):
        lines.append(f"Date: {formatdate(usegmt=True)}")  # as servers do: clients tell the cloud's time by it
    length: int | None = None
    for name, value in response.headers:
        if name.lower() == "content-length":
            length = int(value)
        if name.lower() not in ("content-length", "connection", "transfer-encoding"):
            lines.append(f"{name}: {value}")
    body = response.body
    try:
        if length is None and isinstance(body, list | tuple):
            length = sum(map(len, body))
        if response.promised_length is not None:
            length = response.promised_length
        chunked = length is None and not bodyless and request.environ["SERVER_PROTOCOL"] == "HTTP/1.1"
        if chunked:
            lines.append("Transfer-Encoding: chunked")
        elif length is not None and status not in (204, 304):
            lines.append(f"Content-Length: {length}")
        elif length is None and not bodyless:
            request.keep_alive = False
        if not request.keep_alive or response.close:
            lines.append("Connection: close")
        pending = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if not bodyless:
            for piece in body:
                if not piece:
                    continue
                pending += b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece
                if len(pending) > 1 << 16:
                    connection.sendall(pending)
                    pending = b""
            if chunked:
                pending += b"0\r\n\r\n"
        connection.sendall(pending)
    finally:
        close = getattr(body, "close", None)
        if close:
            close()


def call(application: Application, environ: dict[str, Any]) -> Response:
    """Run a WSGI application; its exceptions become a 500 as with any server."""
    started: list[tuple[str, Headers]] = []
    written: list[bytes] = []

    def start_response(status: str, headers: Headers, exc_info: object = None) -> Callable[[bytes], None]:
        started.append((status, headers))
        return written.append

    try:
        body = application(environ, start_response)
        if not started:  # a generator starts its answer with its first piece
            first = list(body)
            body = first
    except Exception:
        LOG.exception("%s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
        text = b'{"error": {"code": 500, "message": "unhandled exception", "title": "Internal Server Error"}}'
        return Response(reason(500), [("Content-Type", "application/json")], [text])
    status, headers = started[-1]
    return Response(status, headers, [*written, *body] if written else body)
