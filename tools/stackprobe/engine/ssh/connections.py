"""The connections that are open, by their names within a scenario."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stackprobe.engine.classify import StepError, Unanswered

if TYPE_CHECKING:
    from stackprobe.engine.ssh.transport import GuestTransport

_NOTICE_S = 1.0
"""How long a jump host that went away may take to be noticed as such."""


@dataclass
class Connection:
    """A login that is kept.

    :param host: where the guest is, as the step named it.
    :param through: the connection that carries this one.
    :param outside: it is that of a jump host which is no part of what is probed.
    """

    name: str
    host: str
    user: str
    transport: GuestTransport
    through: Connection | None = None
    outside: bool = False
    found: set[str] = field(default_factory=set)
    """Programs that were found there since the login."""
    known: set[str] = field(default_factory=set)
    """Programs that were there at any time, also before the guest was started anew."""

    @property
    def alive(self) -> bool:
        """Whether neither side has ended it, as far as this one knows."""
        return self.transport.is_active()

    def broken(self, how: str) -> Exception:
        """What it means that this connection is broken: the guest's fault, or that of the jump host before it.

        :param how: in words: ``is broken``, ``breaks as …``.
        """
        outside: Connection | None = self
        while outside is not None and not outside.outside:
            outside = outside.through
        if outside is not None:
            ends = time.monotonic() + _NOTICE_S
            while outside.alive and time.monotonic() < ends:  # what it carries may notice first
                time.sleep(0.02)
            if not outside.alive:
                return StepError(f"the connection to the {outside.name} {how}")
        return Unanswered(f"the connection to {self.name} ({self.host}) {how}")

    def close(self) -> None:
        """Close it without waiting for the other side."""
        threading.Thread(target=self.transport.close, name=f"closing {self.name}", daemon=True).start()


@dataclass
class Opening:
    """Logins to one jump host for one scenario, of which one at a time is made: the others then have it, too.

    :ivar failed: when the last one came to nothing, monotonic seconds, and why.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    failed: tuple[float, str] | None = None


class Connections:
    """What ``probe_ssh`` opened and others use; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, dict[str, Connection]] = {}
        self._pins: dict[tuple[str, str], bytes] = {}
        self._over: set[str] = set()
        self._openings: dict[tuple[str, str], Opening] = {}

    def keep(self, scenario: str, connection: Connection) -> None:
        """Keep a connection under its name; one that had the name is closed. Of a scenario that is over it is closed
        itself: a login that was given up may succeed later."""
        with self._lock:
            before: Connection | None = connection
            if scenario not in self._over:
                before = self._open.setdefault(scenario, {}).get(connection.name)
                self._open[scenario][connection.name] = connection
        if before is not None:
            before.close()

    def find(self, scenario: str, name: str) -> Connection | None:
        """The connection of that name, if it is alive."""
        found = self._open.get(scenario, {}).get(name)
        return found if found is not None and found.alive else None

    def get(self, scenario: str, name: object) -> Connection:
        """The connection of that name.

        :raises StepError: no step has opened one.
        :raises Unanswered: it is broken.
        """
        found = self._open.get(scenario, {}).get(str(name))
        if found is None:
            names = ", ".join(f"`{one}`" for one in list(self._open.get(scenario, {})))
            raise StepError(f"there is no connection `{name}`, probe_ssh opens them; open: {names or 'none'}")
        if not found.alive:
            raise found.broken("is broken")
        return found

    def opening(self, scenario: str, name: str) -> Opening:
        """What is known of the logins to a jump host."""
        with self._lock:
            return self._openings.setdefault((scenario, name), Opening())

    def pinned(self, scenario: str, name: str) -> bytes | None:
        """The host key that a connection of that name has shown before."""
        return self._pins.get((scenario, name))

    def known(self, scenario: str, name: str) -> set[str]:
        """The programs that were found over the connection of that name, be it alive or not."""
        found = self._open.get(scenario, {}).get(name)
        return set(found.known) if found is not None else set()

    def pin(self, scenario: str, name: str, host_key: bytes) -> None:
        """Remember the host key that a connection of that name has shown."""
        self._pins[scenario, name] = host_key

    def close(self, scenario: str) -> None:
        """Close all connections of a scenario."""
        with self._lock:
            closed = self._open.pop(scenario, {})
            self._over.add(scenario)
        for connection in closed.values():
            connection.close()


def keep_alive(sock: socket.socket) -> None:
    """Let the system notice a guest that went away without a word."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
