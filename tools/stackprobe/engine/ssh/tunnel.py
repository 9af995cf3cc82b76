"""TCP connections that a guest makes for us (SSH's direct-tcpip): nothing has to be installed there."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

import paramiko

from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import StepSkipped, Unanswered
from stackprobe.engine.ssh.connections import Connection
from stackprobe.engine.ssh.transport import CONNECT_FAILED, PROHIBITED, ChannelRefused
from stackprobe.engine.tcp import OPEN, REFUSED, SILENT
from stackprobe.outputs.clean import one_line

_CHUNK_BYTES = 64 * 1024


@dataclass
class Tunnelled:
    """How a port answered a guest."""

    state: str
    connect_ms: float
    channel: Any = None
    detail: str = ""


def reach(connection: Connection, host: str, port: int, activity: Activity, patience_s: float) -> Tunnelled:
    """Let a guest connect to a port.

    :raises StepSkipped: the guest's SSH server does not let anybody do that.
    :raises Unanswered: the connection to the guest is broken.
    """
    began = time.monotonic()
    try:
        channel = connection.transport.channel(
            "direct-tcpip", max(0.05, min(patience_s, activity.remaining())), (host, port)
        )
    except ChannelRefused as refusal:
        said = one_line(refusal.said, 120)
        if refusal.reason == PROHIBITED:
            raise StepSkipped(f"the guest {connection.name} forbids forwarding: {said}") from None
        refused = refusal.reason == CONNECT_FAILED and "refused" in said.lower()
        return Tunnelled(REFUSED if refused else SILENT, 0.0, detail="" if refused else said)
    except TimeoutError:
        return Tunnelled(SILENT, 0.0)
    except ConnectionError:
        raise Unanswered(f"the connection to {connection.name} ({connection.host}) breaks") from None
    return Tunnelled(OPEN, (time.monotonic() - began) * 1000, channel)


@dataclass
class Closing:
    """A channel for :meth:`Activity.holding`: to shut one down does not wake who reads from it, to close it does."""

    channel: Any

    def shutdown(self, _how: int) -> None:
        self.channel.close()


def as_socket(channel: Any) -> socket.socket:
    """A channel as a genuine socket, which TLS wants."""
    ours, theirs = socket.socketpair()
    for pump in (_to_guest, _from_guest):
        threading.Thread(target=pump, args=[channel, theirs], name="tunnel", daemon=True).start()
    return ours


def _to_guest(channel: Any, sock: socket.socket) -> None:
    """Until our side is closed; then nobody is left who would read."""
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        while data := sock.recv(_CHUNK_BYTES):
            channel.sendall(data)
    with contextlib.suppress(Exception):
        channel.close()
    sock.close()


def _from_guest(channel: Any, sock: socket.socket) -> None:
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        while data := channel.recv(_CHUNK_BYTES):
            sock.sendall(data)
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
