"""TCP connections that a guest makes for us (SSH's direct-tcpip): nothing has to be installed there."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

import paramiko

from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import StepError, StepFailure, StepSkipped, Unanswered
from stackprobe.engine.ssh.connections import Connection
from stackprobe.engine.ssh.transport import CONNECT_FAILED, PROHIBITED, UNKNOWN_TYPE, ChannelRefused
from stackprobe.engine.tcp import OPEN, REFUSED, SILENT
from stackprobe.outputs.clean import one_line

_CHUNK_BYTES = 64 * 1024
_ANSWER_S = 10.0
_UNRESOLVED = re.compile(r"not known|no address|name resolution|resolv", re.IGNORECASE)


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
    :raises StepError: a jump host outside of this run does not, or the connection to it is broken.
    :raises StepFailure: the guest did not even try.
    :raises Unanswered: the connection to the guest is broken, or it cannot resolve the host's name.
    """
    began = time.monotonic()
    try:
        channel = connection.transport.channel(
            "direct-tcpip", max(0.05, min(patience_s, activity.remaining())), (host, port)
        )
    except ChannelRefused as refusal:
        return _refused(connection, host, refusal)
    except TimeoutError:
        return Tunnelled(SILENT, 0.0)
    except ConnectionError:
        raise connection.broken("breaks") from None
    return Tunnelled(OPEN, (time.monotonic() - began) * 1000, channel)


def still_there(connection: Connection, activity: Activity) -> None:
    """Make sure that silence is that of the port, and not that of the guest which was to connect.

    :raises Unanswered: the guest itself is silent.
    """
    if activity.remaining() > 0 and not connection.transport.answers(min(_ANSWER_S, activity.remaining())):
        raise Unanswered(f"{connection.name} ({connection.host}) is silent")


def _refused(connection: Connection, host: str, refusal: ChannelRefused) -> Tunnelled:
    said = one_line(refusal.said, 120)
    if refusal.reason in (PROHIBITED, UNKNOWN_TYPE):
        if connection.outside:
            raise StepError(f"the {connection.name} forbids forwarding: {said}") from None
        raise StepSkipped(f"the guest {connection.name} forbids forwarding: {said}") from None
    if refusal.reason != CONNECT_FAILED:
        raise StepFailure(f"{connection.name} makes no connections: {said}") from None
    if _UNRESOLVED.search(said):
        raise Unanswered(f"the name {host} cannot be resolved by {connection.name}: {said}") from None
    refused = "refused" in said.lower()
    return Tunnelled(REFUSED if refused else SILENT, 0.0, detail="" if refused else said)


@dataclass
class Closing:
    """A channel for :meth:`Activity.holding`: to shut one down does not wake who reads from it, to close it does.

    That is told to the other side, which may keep whoever tells it waiting."""

    channel: Any

    def shutdown(self, _how: int) -> None:
        """Close it, in a thread of its own."""
        threading.Thread(target=_close, args=[self.channel], name="closing", daemon=True).start()


def _close(channel: Any) -> None:
    with contextlib.suppress(Exception):
        channel.close()


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
    _close(channel)
    sock.close()


def _from_guest(channel: Any, sock: socket.socket) -> None:
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        while data := channel.recv(_CHUNK_BYTES):
            sock.sendall(data)
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
