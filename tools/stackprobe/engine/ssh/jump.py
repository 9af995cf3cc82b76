"""A jump host outside of this run, which the configuration names: one login for all guests of a scenario."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from stackprobe.engine import tcp
from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import StepError, StepFailure, Unanswered
from stackprobe.engine.ssh import hosts, keys, login
from stackprobe.engine.ssh.connections import Connection, Connections, keep_alive
from stackprobe.engine.ssh.stages import LoginFailed
from stackprobe.engine.steps import arguments

_KNOWN = {"host", "port", "user", "key_file", "host_key"}
_CONNECT_S = 10.0
_opening = threading.Lock()


def connection(connections: Connections, scenario: str, given: Any, activity: Activity) -> Connection:
    """The login to a jump host, opened once for a scenario.

    :raises StepError: it is not described as it must be, or there is no login: it is no part of what is probed.
    """
    if not isinstance(given, Mapping) or not {"host", "user", "key_file"} <= set(given) <= _KNOWN:
        raise StepError("`jump` must be a mapping with host, user and key_file, and if wanted port and host_key")
    host, port, user = arguments.host(given), arguments.port(given, 22), arguments.user(given)
    name = f"jump host {user}@{host}:{port}"
    key = keys.from_file(str(given["key_file"]))
    with _opening:
        kept = connections.find(scenario, name)
        return kept or _open(connections, scenario, name, (host, port, user), key, given.get("host_key"), activity)


def _open(
    connections: Connections,
    scenario: str,
    name: str,
    place: tuple[str, int, str],
    key: Any,
    host_key: Any,
    activity: Activity,
) -> Connection:
    host, port, user = place
    wanted = hosts.Wanted.of(host_key, connections.pinned(scenario, name))
    try:
        places = tcp.resolve(host, port)
    except Unanswered as problem:
        raise StepError(f"no way to the jump host: {problem}") from None
    found = tcp.knock(places, activity, _CONNECT_S)
    if found.sock is None:
        raise StepError(f"the jump host {host} port {port} does not take connections ({found.detail or found.state})")
    keep_alive(found.sock)
    try:
        with activity.holding(found.sock):
            made = login.log_in(found.sock, user, key, activity, wanted.types, wanted.check)
    except (LoginFailed, StepFailure) as failed:
        raise StepError(f"no login to the jump host {host} port {port}: {failed}") from None
    connections.pin(scenario, name, made.host_key)
    opened = Connection(name, host, user, made.transport, outside=True)
    connections.keep(scenario, opened)
    return opened
