"""paramiko's transport, with what it hears and does not tell: why a channel is refused, what signal ends a command."""

from __future__ import annotations

import logging
from typing import Any

import paramiko
from paramiko.common import MSG_CHANNEL_OPEN_FAILURE, MSG_CHANNEL_REQUEST

logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False  # what goes wrong is in the steps' messages


class GuestTransport(paramiko.Transport):
    """An SSH connection as a client."""

    _CLIENT_ID = "stackprobe"
    refusal = ""
    """What the server said when it last refused a channel."""

    def __init__(self, wire: Any) -> None:
        super().__init__(wire)
        inside: Any = self  # paramiko has no other way to hear it
        inside._handler_table[MSG_CHANNEL_OPEN_FAILURE] = self._note_refusal
        inside._channel_handler_table = {**inside._channel_handler_table, MSG_CHANNEL_REQUEST: _note_signal}

    def _note_refusal(self, message: Any) -> None:
        copy = paramiko.Message(message.get_remainder())
        for _ in ("channel", "reason"):
            copy.get_int()
        self.refusal = copy.get_string().decode("utf-8", "replace")[:200]
        inside: Any = self
        inside._parse_channel_open_failure(message)


def _note_signal(channel: Any, message: Any) -> None:
    copy = paramiko.Message(message.get_remainder())
    if copy.get_string() == b"exit-signal":
        copy.get_boolean()
        channel.ended_by = copy.get_string().decode("ascii", "replace")[:20]
    channel._handle_request(message)


def signal(channel: Any, name: str) -> None:
    """Send a signal (RFC 4254, 6.9) to what runs in a session."""
    message = paramiko.Message()
    message.add_byte(paramiko.common.cMSG_CHANNEL_REQUEST)
    message.add_int(channel.remote_chanid)
    message.add_string("signal")
    message.add_boolean(False)
    message.add_string(name)
    channel.transport._send_user_message(message)
