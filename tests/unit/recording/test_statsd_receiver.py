"""What openstacksdk tells statsd, received; the client is the library that the SDK uses."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import statsd as client
from stackprobe.recording.statsd import Receiver, Reported, parse


def test_a_request_is_one_report() -> None:
    datagram = b"openstack.api.compute.GET.servers_detail.200:85|ms\nopenstack.api.compute.GET.servers_detail.200:1|c\n"
    datagram += b"openstack.api.compute.GET.servers_detail.attempted:1|c"
    assert parse(datagram) == [Reported("compute", "GET", "servers_detail", 200, 85.0)]


def test_a_request_without_an_answer_is_one_too() -> None:
    datagram = b"openstack.api.compute.POST.servers.failed:1|c\nopenstack.api.compute.POST.servers.attempted:1|c"
    assert parse(datagram) == [Reported("compute", "POST", "servers", None, None)]


def test_a_slow_one_is_not_counted_twice() -> None:
    datagram = b"p.image.PUT.file.204:1500|ms\np.image.PUT.file.204:1|c\np.image.PUT.file.over_1000:1|c"
    assert parse(datagram, "p") == [Reported("image", "PUT", "file", 204, 1500.0)]


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\xff\xfe\x00",
        b":|",
        b"a:b|ms",
        b"x" * 60_000,
        b"other.compute.GET.servers.200:1|ms",
        b"openstack.api.compute.GET.200:1|ms",
        b"openstack.api.compute.GET.servers.200:x|ms",
        b"openstack.api.compute.GET.servers.200:nan|ms",
        b"openstack.api.compute.GET.servers.200:1e999|ms",
        b"openstack.api.compute.GET.servers.2000:1|ms",
        b"openstack.api.compute.GET.servers.200:1|g",
        b"openstack.api.c.GET.servers.\xc2\xb2\xc2\xb2\xc2\xb2:1|ms",
    ],
)
def test_anything_else_is_left_alone(datagram: bytes) -> None:
    assert parse(datagram) == []


@pytest.fixture
def lock() -> threading.RLock:
    return threading.RLock()


@pytest.fixture
def elsewhere() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.settimeout(30)
        yield one


def test_what_was_sent_before_is_taken_before_anything_else(lock: threading.RLock) -> None:
    """While somebody holds the lock, the thread waits; `drain` has all that has arrived."""
    taken: list[bytes] = []
    receiver = Receiver(lambda datagram, _: taken.append(datagram), lock)
    sender = client.StatsClient("127.0.0.1", receiver.port)
    with lock:
        for number in range(200):
            sender.timing(f"openstack.api.compute.GET.servers.{200 + number % 2}", number)
        receiver.drain()
        assert len(taken) == 200
    receiver.close()
    assert len(taken) == 200


def test_it_takes_by_itself_and_passes_on(lock: threading.RLock, elsewhere: socket.socket) -> None:
    arrived = threading.Event()
    receiver = Receiver(lambda *_: arrived.set(), lock, forward=elsewhere.getsockname())
    client.StatsClient("127.0.0.1", receiver.port).incr("anything")
    assert arrived.wait(30)
    assert elsewhere.recv(1000) == b"anything:1|c"
    receiver.close()


@pytest.mark.parametrize("one", ["5c1e8f52-8e4b-4c3c-9d2a-0a4b5c6d7e8f", "5c1e8f528e4b4c3c9d2a0a4b5c6d7e8f"])
def test_the_id_of_a_resource_makes_no_series_of_its_own(one: str) -> None:
    (call,) = parse(f"openstack.api.load-balancer.GET.lbaas_{one}.200:12|ms".encode())
    assert call.resource == "lbaas_id"
