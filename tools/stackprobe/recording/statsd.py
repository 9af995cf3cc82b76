"""Requests to cloud APIs as openstacksdk reports them to statsd, received on loopback.

A request is one datagram ``<prefix>.<service>.<METHOD>.<name>.<status>:<ms>|ms`` with counters beside it; one that got
no answer has only counters, of which ``…failed`` tells (``openstack/proxy.py``, ``_report_stats_statsd``).
"""

from __future__ import annotations

import contextlib
import math
import re
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

DEFAULT_PREFIX = "openstack.api"
_LARGEST = 65_536
#: openstacksdk leaves the id in names of odd paths (/v2/lbaas/pools/…): that would be a new series for each resource.
_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}(-?)(?:[0-9a-f]{4}\1){3}[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE)
_BUFFER = 4 << 20
"""Bytes that may wait in the kernel while nobody reads, if it grants them."""


@dataclass(frozen=True)
class Reported:
    """A request: ``status`` and ``duration_ms`` are None when no answer came."""

    service: str
    method: str
    resource: str
    status: int | None
    duration_ms: float | None


def parse(datagram: bytes, prefix: str = DEFAULT_PREFIX) -> list[Reported]:
    """The requests that a datagram tells of; what is something else is left alone."""
    found = []
    for line in datagram.decode("utf-8", "replace").splitlines():
        name, colon, rest = line.rpartition(":")
        value, _, kind = rest.partition("|")
        if not colon or not name.startswith(f"{prefix}."):
            continue
        parts = name[len(prefix) + 1 :].split(".")
        if len(parts) != 4 or not all(parts):
            continue
        service, method, resource, what = parts
        resource = _ID.sub("id", resource)
        kind = kind.partition("|")[0]
        if kind == "ms" and what.isascii() and what.isdigit() and len(what) == 3:
            with contextlib.suppress(ValueError):
                duration_ms = float(value)
                if math.isfinite(duration_ms):
                    found.append(Reported(service, method, resource, int(what), max(duration_ms, 0.0)))
        elif kind == "c" and what == "failed":
            found.append(Reported(service, method, resource, None, None))
    return found


class Receiver:
    """Receives datagrams on a port of its own on loopback until it is closed.

    Use `drain` under the same lock that ``take`` needs: what has arrived so far is then taken before anything else.

    :param take: called with each datagram and its time of arrival (unix seconds), with ``lock`` held.
    :param forward: where each datagram goes as well: host and port.
    """

    def __init__(
        self, take: Callable[[bytes, float], None], lock: threading.RLock, forward: tuple[str, int] | None = None
    ) -> None:
        self._take, self._lock, self._forward = take, lock, forward
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self._onward = socket.socket(socket.AF_INET, socket.SOCK_DGRAM) if forward else None
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._receive, name="statsd", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def drain(self) -> None:
        """Take what has arrived."""
        with self._lock:
            while True:
                try:
                    datagram = self._socket.recv(_LARGEST)
                except OSError:  # nothing more, or closed
                    return
                if self._onward is not None and self._forward is not None:
                    with contextlib.suppress(OSError):  # statsd is told, never asked
                        self._onward.sendto(datagram, self._forward)
                self._take(datagram, time.time())

    def close(self) -> None:
        """Take what has arrived, and end."""
        self.drain()
        self._wake.send(b"\0")
        self._thread.join(5)
        for one in (self._socket, self._onward, self._wake, self._woken):
            if one is not None:
                one.close()

    def _receive(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                if any(key.fileobj is self._woken for key, _ in selector.select()):
                    return
                self.drain()
