"""Peers of deliveries."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from tests.support.carbon_peers import Receiver, Web


@pytest.fixture
def receiver() -> Iterator[Callable[..., Receiver]]:
    made: list[Receiver] = []

    def make(*behaviours: Callable[[socket.socket], bytes]) -> Receiver:
        made.append(Receiver(*behaviours))
        return made[-1]

    yield make
    for one in made:
        one.socket.close()


@pytest.fixture
def web() -> Iterator[Web]:
    one = Web()
    yield one
    one.server.shutdown()
    one.server.server_close()
