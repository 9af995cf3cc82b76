"""TCP connections to guests: open, refused or silent, and since when."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import StepSkipped, Unanswered

OPEN, REFUSED, SILENT = "open", "refused", "silent"
_LOOK_S = 0.25
"""How often it is looked whether the step was ended, in seconds."""

_NO_WAY = (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_ADDRESSES, _GLOBAL_SCOPE = Path("/proc/net/if_inet6"), "00"

Place = tuple[Any, ...]


@dataclass
class Knock:
    """How a port answered.

    :param state: ``open``, ``refused``, or ``silent`` (nothing came, or that there is no way there).
    :param began: when the try began that decided it, and ``before`` the one before, monotonic seconds. Of silence it
        is the last one.
    :param sock: the connection, where it is open.
    """

    state: str
    began: float
    before: float
    connect_ms: float = 0.0
    sock: socket.socket | None = None
    detail: str = ""

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self.sock is not None:
            self.sock.close()


@dataclass
class _Tries:
    """Connections that are being made.

    :param places: addresses as ``getaddrinfo`` gives them.
    """

    places: list[Place]
    selector: selectors.BaseSelector
    flying: dict[socket.socket, tuple[float, Place]] = field(default_factory=dict)
    starts: list[float] = field(default_factory=list)
    refused: set[Place] = field(default_factory=set)
    problem: int = 0

    def start(self) -> None:
        self.starts.append(time.monotonic())
        for family, kind, protocol, _, place in self.places:
            try:
                sock = socket.socket(family, kind, protocol)
            except OSError as error:
                self.problem = error.errno or 0
                continue
            sock.setblocking(False)
            code = sock.connect_ex(place)
            if code in (0, errno.EINPROGRESS):
                self.flying[sock] = (self.starts[-1], place)
                self.selector.register(sock, selectors.EVENT_WRITE)
            else:
                sock.close()
                self.failed(code, place)

    def failed(self, code: int, place: Place) -> None:
        self.problem = code
        if code == errno.ECONNREFUSED:
            self.refused.add(place)

    def ended(self, sock: socket.socket) -> float | None:
        """When the try began that is a connection now; None if it came to nothing."""
        self.selector.unregister(sock)
        began, place = self.flying.pop(sock)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if not code:
            return began
        sock.close()
        self.failed(code, place)
        return None

    def knock(self, state: str, began: float) -> Knock:
        earlier = [one for one in self.starts if one < began]
        detail = os.strerror(self.problem) if self.problem and state == SILENT else ""
        return Knock(state, began, earlier[-1] if earlier else began, detail=detail)

    def close(self) -> None:
        for sock in self.flying:
            sock.close()


def resolve(host: str, port: int) -> list[Place]:
    """The addresses of a host.

    :raises Unanswered: its name leads nowhere.
    """
    try:
        return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise Unanswered(f"the name {host} cannot be resolved: {reason}") from None


def knock(places: list[Place], activity: Activity, patience_s: float, every_s: float | None = None) -> Knock:
    """Try to connect, for ``patience_s`` at most and within the step's time.

    :param every_s: begin another try each so often, beside those under way: so that what opens meanwhile is noticed at
        once, and not when the system sends its next packet.
    :raises StepSkipped: all addresses are of IPv6, and this machine has none of its own.
    """
    ends = min(time.monotonic() + patience_s, activity.deadline)
    with selectors.DefaultSelector() as selector:
        tries = _Tries(places, selector)
        due = time.monotonic()
        try:
            while (now := time.monotonic()) < ends and not activity.aborted:
                if now >= due:
                    tries.start()
                    due = now + every_s if every_s else ends
                wait_s = max(0.0, min(due, ends, now + _LOOK_S) - now)
                for key, _ in selector.select(wait_s) if tries.flying else []:
                    sock: Any = key.fileobj
                    if (began := tries.ended(sock)) is not None:
                        return _connected(sock, tries.knock(OPEN, began))
                if len(tries.refused) == len({one[4] for one in places}):
                    return tries.knock(REFUSED, tries.starts[-1])
                if not tries.flying:
                    if every_s is None:
                        break
                    time.sleep(wait_s)
        finally:
            tries.close()
        if tries.problem in _NO_WAY and all(one[0] == socket.AF_INET6 for one in places) and not has_ipv6():
            raise StepSkipped("the runner has no IPv6")
        return tries.knock(SILENT, tries.starts[-1] if tries.starts else time.monotonic())


def _connected(sock: socket.socket, found: Knock) -> Knock:
    found.connect_ms = (time.monotonic() - found.began) * 1000
    sock.setblocking(True)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    found.sock = sock
    return found


def has_ipv6() -> bool:
    """Whether this machine has an address of IPv6 that others can answer to; True where nothing is known."""
    try:
        lines = _ADDRESSES.read_text(encoding="ascii").splitlines()
    except OSError:
        return not _ADDRESSES.parent.exists()
    return any(line.split()[3] == _GLOBAL_SCOPE for line in lines)
