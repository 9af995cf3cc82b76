"""Servers and networks that misbehave below HTTP: silence, endless answers, full queues, proxies."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

Handler = Callable[[socket.socket, threading.Event], None]


@contextlib.contextmanager
def serving(handle: Handler) -> Iterator[str]:
    """A TCP server on loopback whose connections go to ``handle``, each in a thread; yields ``127.0.0.1:PORT``."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            handle(connection, over)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def silent(connection: socket.socket, over: threading.Event) -> None:
    """Accepts, reads, never answers."""
    over.wait()


def dripping(connection: socket.socket, over: threading.Event) -> None:
    """Answers, but a byte every 100 ms, for ever: never silent for long, never done."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{")
    while not over.wait(0.1):
        connection.sendall(b" ")


def dripping_headers(connection: socket.socket, over: threading.Event) -> None:
    """Never gets to the end of its headers."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.wait(0.1):
        connection.sendall(b"X-Filler: 1\r\n")


@contextlib.contextmanager
def never_accepting() -> Iterator[str]:
    """An address where connections neither come up nor are refused: its queue is full and nobody takes from it."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def refusing() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


class ForwardProxy:
    """A small HTTP proxy: absolute URLs and CONNECT. ``seen`` are the request lines that it was asked."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, client: socket.socket, over: threading.Event) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (data := client.recv(65536)):
                return
            head += data
        line, rest = head.split(b"\r\n", 1)
        method, url, version = line.decode().split(" ")
        self.seen.append(f"{method} {url}")
        if method == "CONNECT":
            host, _, port = url.rpartition(":")
            with socket.create_connection((host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _relay(client, server, over)
            return
        split = urlsplit(url)
        path = (split.path or "/") + (f"?{split.query}" if split.query else "")
        with socket.create_connection((split.hostname or "", split.port or 80)) as server:
            # one request a connection: the answer's end is the connection's
            server.sendall(f"{method} {path} {version}\r\nConnection: close\r\n".encode())
            server.sendall(
                b"\r\n".join(one for one in rest.split(b"\r\n") if not one.lower().startswith(b"connection:"))
            )
            _relay(client, server, over)


def _relay(one: socket.socket, other: socket.socket, over: threading.Event) -> None:
    with selectors.DefaultSelector() as ready:  # select() knows no descriptor above 1023
        ready.register(one, selectors.EVENT_READ, other)
        ready.register(other, selectors.EVENT_READ, one)
        while not over.is_set():
            for key, _ in ready.select(0.2):
                data = one.recv(65536) if key.fileobj is one else other.recv(65536)
                if not data:
                    return
                key.data.sendall(data)
