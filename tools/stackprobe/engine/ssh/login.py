"""One try to log in, on a connection that is up: the server's banner, then key exchange and authentication."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import paramiko

from stackprobe.engine.activity import Activity
from stackprobe.engine.ssh.stages import LoginFailed, Stage
from stackprobe.engine.ssh.transport import GuestTransport
from stackprobe.outputs.clean import one_line

BANNER_S, EXCHANGE_S, LOGIN_S = 20.0, 20.0, 30.0
"""How long each stage of one try may take, in seconds; the step's own deadline may be nearer."""
_KEEPALIVE_S = 15
_MOST_BANNER_BYTES = 8192
_MOST_VERSION_BYTES = 255


@dataclass
class Login:
    """A login that succeeded.

    :param at: when, monotonic seconds.
    :param login_ms: key exchange and authentication.
    :param host_key: what the server proved to have, in SSH's own form.
    """

    transport: GuestTransport
    at: float
    banner_ms: float
    login_ms: float
    version: str
    host_key: bytes
    host_key_type: str


def log_in(
    wire: Any,
    user: str,
    key: paramiko.PKey,
    activity: Activity,
    expected_types: Iterable[str],
    check: Callable[[str, bytes], None],
) -> Login:
    """Log in with a key.

    :param wire: the connection, a socket or a channel; closed when it comes to nothing.
    :param expected_types: types of host keys to ask for first.
    :param check: told the type of the host key and itself before anything is proven to the host; raises what is wrong.
    :raises LoginFailed: with the stage that did not succeed.
    """
    began = time.monotonic()
    transport = None
    try:
        seen, version = _banner(wire, activity)
        welcomed = time.monotonic()
        transport = GuestTransport(_Wire(wire, seen))
        _exchange(transport, activity, expected_types)
        host_key = transport.get_remote_server_key()
        check(host_key.get_name(), host_key.asbytes())
        _authenticate(transport, user, key, activity)
        at = time.monotonic()
        transport.set_keepalive(_KEEPALIVE_S)
        banner_ms, login_ms = (welcomed - began) * 1000, (at - welcomed) * 1000
        return Login(transport, at, banner_ms, login_ms, version, host_key.asbytes(), host_key.get_name())
    except BaseException:
        if transport is not None:
            transport.close()
        wire.close()
        raise


class _Wire:
    """A connection of which something was already read."""

    def __init__(self, wire: Any, seen: bytes) -> None:
        self._wire, self._seen = wire, seen

    def recv(self, size: int) -> bytes:
        if self._seen:
            part, self._seen = self._seen[:size], self._seen[size:]
            return part
        found: bytes = self._wire.recv(size)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wire, name)


def _banner(wire: Any, activity: Activity) -> tuple[bytes, str]:
    """What the server sent until the end of its version, and the version. Others of its lines may come first."""
    ends, seen, line = time.monotonic() + BANNER_S, bytearray(), bytearray()
    while len(seen) < _MOST_BANNER_BYTES and len(line) <= _MOST_VERSION_BYTES:
        left_s = min(ends - time.monotonic(), activity.remaining())
        if left_s <= 0:
            raise LoginFailed(Stage.BANNER, f"no SSH banner{_said(seen)}")
        wire.settimeout(left_s)
        try:
            byte = wire.recv(1)
        except OSError as error:  # a time-out, too: the next turn tells
            if isinstance(error, TimeoutError):
                continue
            raise LoginFailed(Stage.BANNER, f"the connection breaks before the SSH banner{_said(seen)}") from None
        if not byte:
            if activity.remaining() <= 0:
                continue
            raise LoginFailed(Stage.BANNER, f"the connection is closed before the SSH banner{_said(seen)}")
        seen += byte
        line += byte
        if byte == b"\n":
            if line.startswith(b"SSH-"):
                return bytes(line), one_line(line.decode("ascii", "replace"), _MOST_VERSION_BYTES)
            line.clear()
    raise LoginFailed(Stage.BANNER, f"what answers is no SSH server{_said(seen)}")


def _said(seen: bytearray) -> str:
    text = one_line(seen.decode("utf-8", "replace"), 120)
    return f"; it says {text!r}" if text else ""


def _exchange(transport: GuestTransport, activity: Activity, expected_types: Iterable[str]) -> None:
    options = transport.get_security_options()
    wanted = {one for name in expected_types for one in _algorithms(name)}
    options.key_types = tuple(sorted(options.key_types, key=lambda name: name not in wanted))
    transport.banner_timeout = transport.handshake_timeout = _left(activity, EXCHANGE_S)
    try:
        transport.start_client(timeout=_left(activity, EXCHANGE_S))
        if not transport.is_active() or not transport.initial_kex_done:
            raise LoginFailed(Stage.KEY_EXCHANGE, "the key exchange does not end")
    except (paramiko.SSHException, OSError, EOFError, ValueError) as error:
        raise LoginFailed(Stage.KEY_EXCHANGE, f"the key exchange fails: {_reason(error)}") from None


def _authenticate(transport: GuestTransport, user: str, key: paramiko.PKey, activity: Activity) -> None:
    transport.auth_timeout = _left(activity, LOGIN_S)
    try:
        more = transport.auth_publickey(user, key)
    except paramiko.BadAuthenticationType as error:
        allowed = one_line(", ".join(error.allowed_types), 100)
        raise LoginFailed(Stage.LOGIN, f"the guest takes no keys from {user}, only {allowed or 'nothing'}") from None
    except paramiko.AuthenticationException as error:
        if activity.remaining() <= 0 or "timeout" in str(error):
            raise LoginFailed(Stage.LOGIN, "the guest does not answer the login") from None
        if not transport.is_active():
            raise LoginFailed(Stage.LOGIN, "the guest closes the connection during the login") from None
        raise LoginFailed(Stage.LOGIN, f"login refused: the guest does not take the key from {user}") from None
    except (paramiko.SSHException, OSError, EOFError, ValueError) as error:
        raise LoginFailed(Stage.LOGIN, f"the connection breaks during the login: {_reason(error)}") from None
    if more:
        raise LoginFailed(Stage.LOGIN, f"the guest wants more than the key from {user}: {one_line(more, 100)}")


def _algorithms(key_type: str) -> tuple[str, ...]:
    return ("rsa-sha2-512", "rsa-sha2-256") if key_type == "ssh-rsa" else (key_type,)


def _left(activity: Activity, most_s: float) -> float:
    return max(0.05, min(most_s, activity.remaining()))


def _reason(error: BaseException) -> str:
    return one_line(error, 200) or type(error).__name__
