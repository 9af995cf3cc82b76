"""One command in a guest: its exit, its output within bounds, its time."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import paramiko

from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import StepFailure, Unanswered
from stackprobe.engine.ssh.connections import Connection
from stackprobe.engine.ssh.transport import ChannelRefused, signal
from stackprobe.outputs.clean import one_line, tail

MAX_BYTES = 256 * 1024
_CHUNK_BYTES = 256 * 1024
_LOOK_S = 0.25
_LOOKED_AT_BYTES = 4096
_DRAIN_S = 1.0
"""How long output may pause after the exit before it is no longer waited for: something of it lives on in the guest."""


@dataclass
class Ran:
    """A command that ended.

    :param rc: its exit status; 128 + n where a shell would say that of a signal, of which ``signal`` is the name.
    :param cut: bytes of its output that were thrown away.
    """

    rc: int = -1
    signal: str | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    cut: int = 0
    duration_ms: float = 0.0


_SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "ABRT": 6, "FPE": 8, "KILL": 9, "USR1": 10, "SEGV": 11}
_SIGNALS |= {"USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15}


def run(
    connection: Connection, line: str, activity: Activity, *, stdin: bytes = b"", max_bytes: int = MAX_BYTES
) -> Ran:
    """Run a line of the user's shell and wait for its end.

    :param max_bytes: of its output and of its errors; the rest is read and thrown away.
    :raises Unanswered: it did not end in time, or the connection broke.
    """
    activity.doing = f"running a command in {connection.name}"
    channel = _session(connection, activity)
    reading = _Reading(channel, max_bytes)
    with contextlib.closing(channel), activity.holding(_Ending(channel)):
        began = time.monotonic()
        try:
            channel.exec_command(line)
        except (paramiko.SSHException, OSError, EOFError):
            if not connection.alive:
                raise _broken(connection, "as the command is sent") from None
            if activity.remaining() <= 0:
                raise _silent(connection) from None
            raise StepFailure(f"{connection.name} does not run commands") from None
        reading.start()
        threading.Thread(target=_send, args=[channel, stdin], name="stdin", daemon=True).start()
        while not channel.status_event.wait(min(_LOOK_S, max(0.01, activity.remaining()))):
            if activity.remaining() <= 0:
                _kill(channel)
                raise Unanswered(f"the command did not end in time{reading.last()}")
        ended = time.monotonic()
        by = getattr(channel, "ended_by", None)
        if by == "KILL" and activity.remaining() <= 0:  # by ourselves
            raise Unanswered(f"the command did not end in time{reading.last()}")
        if channel.exit_status < 0 and by is None:
            if activity.remaining() <= 0:
                raise Unanswered(f"the command did not end in time{reading.last()}")
            if connection.alive:
                raise StepFailure(f"the session ends without an exit status{reading.last()}")
            raise _broken(connection, f"before the command ended{reading.last()}")
        reading.drain(activity)
        return Ran(
            rc=channel.exit_status if by is None else 128 + _SIGNALS.get(by, 0),
            signal=by,
            stdout=bytes(reading.kept["stdout"]),
            stderr=bytes(reading.kept["stderr"]),
            cut=reading.cut,
            duration_ms=(ended - began) * 1000,
        )


@dataclass
class _Ending:
    """What a step's end does to a command: whoever waits for it wakes."""

    channel: Any

    def shutdown(self, _how: int) -> None:
        threading.Thread(target=_kill, args=[self.channel], name="ending", daemon=True).start()


@dataclass
class _Reading:
    """Reads both outputs at the same time, whoever of them is full first."""

    channel: Any
    max_bytes: int
    kept: dict[str, bytearray] = field(default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()})
    cut: int = 0
    heard: float = 0.0
    threads: list[threading.Thread] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        self.heard = time.monotonic()
        for name, receive in (("stdout", self.channel.recv), ("stderr", self.channel.recv_stderr)):
            self.threads.append(threading.Thread(target=self._read, args=[name, receive], name=name, daemon=True))
            self.threads[-1].start()

    def _read(self, name: str, receive: Any) -> None:
        kept = self.kept[name]
        for part in _parts(receive):
            self.heard = time.monotonic()
            room = self.max_bytes - len(kept)
            kept += part[:room]
            with self.lock:
                self.cut += len(part) - len(part[:room])

    def drain(self, activity: Activity) -> None:
        """Wait for the rest of the output."""
        began = time.monotonic()  # a command that was silent for long may have said its last words right now
        for thread in self.threads:
            while thread.is_alive() and activity.remaining() > 0:
                thread.join(0.05)
                if time.monotonic() - max(self.heard, began) > _DRAIN_S:
                    return

    def last(self) -> str:
        """What was heard last, for a message."""
        for name in ("stderr", "stdout"):
            if text := tail(bytes(self.kept[name][-_LOOKED_AT_BYTES:]).decode("utf-8", "replace"), 120):
                return f"; its {name} ends with {text!r}"
        return ""


def _parts(receive: Any) -> Iterator[bytes]:
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        while part := receive(_CHUNK_BYTES):
            yield part


def _session(connection: Connection, activity: Activity) -> Any:
    try:
        channel = connection.transport.channel("session", max(0.05, activity.remaining()))
    except ChannelRefused as refusal:
        raise StepFailure(f"{connection.name} opens no session: {one_line(refusal.said, 120)}") from None
    except TimeoutError:
        raise _silent(connection) from None
    except ConnectionError:
        raise _broken(connection, "before the command is sent") from None
    channel.settimeout(None)
    return channel


def _send(channel: Any, data: bytes) -> None:
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        if data:
            channel.sendall(data)
        channel.shutdown_write()


def _kill(channel: Any) -> None:
    with contextlib.suppress(Exception):
        signal(channel, "KILL")
        channel.close()


def _silent(connection: Connection) -> Unanswered:
    return Unanswered(f"{connection.name} ({connection.host}) is silent")


def _broken(connection: Connection, when: str) -> Exception:
    return connection.broken(f"breaks {when}")
