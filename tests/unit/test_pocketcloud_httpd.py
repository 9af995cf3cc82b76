"""The HTTP server of the embedded cloud, where its process has many descriptors."""

from __future__ import annotations

import fcntl
import resource
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from pocketcloud.host.httpd import Request

HIGH = 2000
"""Above what select() knows."""


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """This process may have descriptors above HIGH."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, HIGH + 100), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_descriptors")
def test_that_a_client_left_is_seen_at_a_high_descriptor() -> None:
    here, client = socket.socketpair()
    with here, socket.socket(fileno=fcntl.fcntl(here, fcntl.F_DUPFD, HIGH)) as connection:
        request: Any = SimpleNamespace(connection=connection)
        assert not Request.client_gone(request)
        client.close()
        assert Request.client_gone(request)
