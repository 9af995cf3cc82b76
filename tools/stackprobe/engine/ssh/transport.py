"""paramiko's transport, with what it hears and does not tell: why a channel is refused, what signal ends a command."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import paramiko
from paramiko.common import (
    MSG_CHANNEL_DATA,
    MSG_CHANNEL_EXTENDED_DATA,
    MSG_CHANNEL_OPEN_FAILURE,
    MSG_CHANNEL_OPEN_SUCCESS,
    MSG_CHANNEL_REQUEST,
    cMSG_CHANNEL_CLOSE,
    cMSG_CHANNEL_REQUEST,
    cMSG_GLOBAL_REQUEST,
)

logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False  # what goes wrong is in the steps' messages

_NO_NAME = re.compile(r"[^\w@.-]", re.ASCII)

PROHIBITED, CONNECT_FAILED, UNKNOWN_TYPE = 1, 2, 3
"""Reasons of a refusal (RFC 4254, 5.1)."""

MOST_PACKET_BYTES = 1024 * 1024


class ChannelRefused(Exception):
    """The server does not open a channel: ``reason`` as a number, ``said`` in its words."""

    def __init__(self, reason: int, said: str) -> None:
        super().__init__(said)
        self.reason, self.said = reason, said


class _Packets(paramiko.packet.Packetizer):
    """Reads packets of sensible sizes: a guest could announce gigabytes, which would all be kept.

    :ivar heard: when the last one came, monotonic seconds.
    """

    heard = 0.0

    def read_message(self) -> tuple[int, Any]:
        found: tuple[int, Any] = super().read_message()
        self.heard = time.monotonic()
        return found

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:
        if n > MOST_PACKET_BYTES:
            raise paramiko.SSHException(f"a packet of {n} bytes")
        return super().read_all(n, check_rekey)

    def close(self) -> None:
        """Also end the clock of the handshake: its thread would keep the process from its end."""
        self.complete_handshake()
        super().close()


class GuestTransport(paramiko.Transport):
    """An SSH connection as a client. Channels are opened with :meth:`channel`, also by several threads at a time."""

    _CLIENT_ID = "stackprobe"

    def __init__(self, wire: Any) -> None:
        super().__init__(wire, packetizer_class=_Packets)
        self._refusals: dict[int, ChannelRefused] = {}
        self._mine = threading.local()
        inside: Any = self  # paramiko has no other way to hear it
        inside._handler_table[MSG_CHANNEL_OPEN_FAILURE] = self._note_refusal
        inside._handler_table[MSG_CHANNEL_OPEN_SUCCESS] = self._note_success
        handlers = inside._channel_handler_table
        data = {kind: _bounded(handlers[kind]) for kind in (MSG_CHANNEL_DATA, MSG_CHANNEL_EXTENDED_DATA)}
        inside._channel_handler_table = {**handlers, **data, MSG_CHANNEL_REQUEST: _note_signal}

    def channel(self, kind: str, timeout_s: float, to: tuple[str, int] | None = None) -> Any:
        """A new channel.

        :raises ChannelRefused: the server does not open it.
        :raises TimeoutError: it does not say.
        :raises ConnectionError: the connection is broken.
        """
        self._mine.number = None
        try:
            return self.open_channel(kind, to, ("127.0.0.1", 0) if to else None, timeout=timeout_s)
        except (paramiko.SSHException, OSError, EOFError):
            if refusal := self._refusals.pop(self._mine.number, None):
                raise refusal from None
            if self.is_active():
                raise TimeoutError("the server does not answer") from None
            raise ConnectionError("the connection is broken") from None

    def answers(self, within_s: float) -> bool:
        """Whether the server is still there: it answers a question that it does not understand, or says anything."""
        inside: Any = self
        asked = time.monotonic()
        threading.Thread(target=self._ask, name="asking", daemon=True).start()
        while inside.packetizer.heard < asked:
            if time.monotonic() > asked + within_s or not self.is_active():
                return False
            time.sleep(0.02)
        return True

    def _ask(self) -> None:
        question = paramiko.Message()
        question.add_byte(cMSG_GLOBAL_REQUEST)
        question.add_string("keepalive@stackprobe")
        question.add_boolean(True)
        inside: Any = self
        with contextlib.suppress(paramiko.SSHException, OSError, EOFError):
            inside._send_user_message(question)

    def _next_channel(self) -> int:
        inside: Any = super()
        number: int = inside._next_channel()
        self._mine.number = number
        return number

    def _note_refusal(self, message: Any) -> None:
        copy = paramiko.Message(message.get_remainder())
        number, reason = copy.get_int(), copy.get_int()
        said = copy.get_string().decode("utf-8", "replace")[:200]
        inside: Any = self
        if number in inside.channel_events and inside._channels.get(number) is not None:
            self._refusals[number] = ChannelRefused(reason, said)
        inside._parse_channel_open_failure(message)

    def _note_success(self, message: Any) -> None:
        """One for which nobody waits any more is closed, so that what it is connected to is left alone."""
        copy = paramiko.Message(message.get_remainder())
        number, remote = copy.get_int(), copy.get_int()
        inside: Any = self
        if inside._channels.get(number) is None:
            closing = paramiko.Message()
            closing.add_byte(cMSG_CHANNEL_CLOSE)
            closing.add_int(remote)
            inside._send_message(closing)
        else:
            inside._parse_channel_open_success(message)


def _bounded(handler: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Takes data of a channel, but no more than the server may send before we have read it: all of it is kept."""

    def handle(channel: Any, message: Any) -> None:
        handler(channel, message)
        if len(channel.in_buffer) + len(channel.in_stderr_buffer) > channel.in_window_size + MOST_PACKET_BYTES:
            raise paramiko.SSHException("more data than the server may send")

    return handle


def _note_signal(channel: Any, message: Any) -> None:
    copy = paramiko.Message(message.get_remainder())
    if copy.get_string() == b"exit-signal":
        copy.get_boolean()
        channel.ended_by = _NO_NAME.sub("", copy.get_string().decode("ascii", "replace"))[:20]
    channel._handle_request(message)


def signal(channel: Any, name: str) -> None:
    """Send a signal (RFC 4254, 6.9) to what runs in a session."""
    message = paramiko.Message()
    message.add_byte(cMSG_CHANNEL_REQUEST)
    message.add_int(channel.remote_chanid)
    message.add_string("signal")
    message.add_boolean(False)
    message.add_string(name)
    channel.transport._send_user_message(message)
