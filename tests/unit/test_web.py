"""The bounded GET: by time, by size, never to another host, and never with the address in a message."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from stackprobe.errors import UsageError
from stackprobe.web import FetchFailed, check_address, fetch

Serve = Callable[[Callable[[socket.socket], None]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    sockets: list[socket.socket] = []

    def start(behaviour: Callable[[socket.socket], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        sockets.append(listener)

        def work() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, contextlib.suppress(OSError):
                        connection.recv(65536)
                        behaviour(connection)

        threading.Thread(target=work, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for one in sockets:
        one.close()


def says(text: str) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(text.encode())


def test_an_answer_has_its_body_and_the_servers_clock(serve: Serve) -> None:
    url = serve(says("HTTP/1.0 200 OK\r\nDate: Sat, 31 Jan 2026 12:00:00 GMT\r\n\r\nhello"))
    answer = fetch(url, timeout_s=5)
    assert (answer.body, answer.server_t) == (b"hello", 1769860800.0)
    assert fetch(serve(says("HTTP/1.0 200 OK\r\nDate: soon\r\n\r\n")), timeout_s=5).server_t is None


def trickle(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
    for _ in range(60):
        connection.sendall(b"x")
        time.sleep(0.05)


def trickle_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.0 200 OK\r\n")
    for index in range(60):
        connection.sendall(f"X-{index}: y\r\n".encode())
        time.sleep(0.05)


@pytest.mark.parametrize("behaviour", [trickle, trickle_headers, lambda _: time.sleep(4)])
def test_a_server_that_trickles_or_is_silent_ends_at_the_time_out(
    serve: Serve, behaviour: Callable[[socket.socket], None]
) -> None:
    url, began = serve(behaviour), time.monotonic()
    with pytest.raises(FetchFailed, match=r"within|in time"):
        fetch(url, timeout_s=0.3)
    assert time.monotonic() - began < 2.5


def test_an_answer_that_is_too_large_is_none(serve: Serve) -> None:
    url = serve(says("HTTP/1.0 200 OK\r\n\r\n" + "x" * 5000))
    with pytest.raises(FetchFailed, match="larger than 4999 bytes"):
        fetch(url, timeout_s=5, largest=4999)
    assert len(fetch(url, timeout_s=5, largest=5000).body) == 5000


@pytest.mark.parametrize("answer", ["", "nonsense\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nshort"])
def test_an_answer_that_is_broken_is_none(serve: Serve, answer: str) -> None:
    with pytest.raises(FetchFailed):
        fetch(serve(says(answer)) + "/secret-path", timeout_s=5)


@pytest.mark.parametrize(
    ("target", "what"),
    [
        ("http://localhost:1/", "another host"),
        ("file:///etc/passwd", "HTTP"),
        ("ftp://127.0.0.1/", "not HTTP"),
    ],
)
def test_redirects_stay_with_the_host(serve: Serve, target: str, what: str) -> None:
    url = serve(says(f"HTTP/1.0 302 Found\r\nLocation: {target}\r\n\r\n"))
    with pytest.raises(FetchFailed, match=what):
        fetch(url, timeout_s=5)


def test_a_redirect_on_the_same_host_is_followed(serve: Serve) -> None:
    target = serve(says("HTTP/1.0 200 OK\r\n\r\nthere"))
    url = serve(says(f"HTTP/1.0 302 Found\r\nLocation: {target}/x\r\n\r\n"))
    assert fetch(url, timeout_s=5).body == b"there"


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "302 Found"])
def test_no_message_holds_the_address(serve: Serve, status: str) -> None:
    url = serve(says(f"HTTP/1.0 {status}\r\nLocation: http://other.invalid/c4n4ry\r\n\r\n")) + "/ping/c4n4ry"
    for address in (url, "http://127.0.0.1:9/c4n4ry", "http://c4n4ry.invalid/", "http://127.0.0.1:9/c4n4ry\x7f"):
        with pytest.raises(FetchFailed) as caught:
            fetch(address, timeout_s=5)
        assert "c4n4ry" not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize(
    "url", ["", "x", "file:///c4n4ry", "http://", "http://c4n4ry:99999/", "http://a/c4n4ry x", "http://c4n4ry:p@h/"]
)
def test_an_address_that_is_none_is_not_shown(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_address(url, "it", "https://example.org")
    assert "c4n4ry" not in str(caught.value)
