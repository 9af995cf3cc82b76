"""The connections that are open, by their names within a scenario."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stackprobe.engine.classify import StepError, Unanswered

if TYPE_CHECKING:
    from stackprobe.engine.ssh.transport import GuestTransport


@dataclass
class Connection:
    """A login that is kept.

    :param host: where the guest is, as the step named it.
    """

    name: str
    host: str
    user: str
    transport: GuestTransport
    brought: set[str] = field(default_factory=set)
    """Programs that are known to be there."""

    @property
    def alive(self) -> bool:
        return self.transport.is_active()

    def close(self) -> None:
        """Close it without waiting for the other side."""
        threading.Thread(target=self.transport.close, name=f"closing {self.name}", daemon=True).start()


class Connections:
    """What ``probe_ssh`` opened and others use; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, dict[str, Connection]] = {}
        self._pins: dict[tuple[str, str], bytes] = {}

    def keep(self, scenario: str, connection: Connection) -> None:
        """Keep a connection under its name; one that had the name is closed."""
        with self._lock:
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
            names = ", ".join(f"`{one}`" for one in self._open.get(scenario, {}))
            raise StepError(f"there is no connection `{name}`, probe_ssh opens them; open: {names or 'none'}")
        if not found.alive:
            raise Unanswered(f"the connection to {found.name} ({found.host}) is broken")
        return found

    def pinned(self, scenario: str, name: str) -> bytes | None:
        """The host key that a connection of that name has shown before."""
        return self._pins.get((scenario, name))

    def pin(self, scenario: str, name: str, host_key: bytes) -> None:
        self._pins[scenario, name] = host_key

    def close(self, scenario: str) -> None:
        """Close all connections of a scenario."""
        with self._lock:
            closed = self._open.pop(scenario, {})
        for connection in closed.values():
            connection.close()


def keep_alive(sock: socket.socket) -> None:
    """Let the system notice a guest that went away without a word."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
