"""A jump host outside of this run, which the configuration names: one login for all guests of a scenario."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import openstack.connection

from stackprobe.engine import tcp
from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import StepError, StepFailure, Unanswered
from stackprobe.engine.ssh import hosts, keys, login
from stackprobe.engine.ssh.connections import Connection, Connections, Opening, keep_alive
from stackprobe.engine.ssh.stages import LoginFailed
from stackprobe.engine.steps import arguments

_KNOWN = {"host", "port", "user", "key_file", "key", "host_key"}
_CONNECT_S = 10.0
_LOOK_S = 0.25


def connection(
    connections: Connections, scenario: str, given: Any, activity: Activity, cloud: openstack.connection.Connection
) -> Connection:
    """The login to a jump host, opened once for a scenario.

    :param cloud: the one whose entry in clouds.yaml may hold the key.
    :raises StepError: it is not described as it must be, or there is no login: it is no part of what is probed.
    """
    whole = isinstance(given, Mapping) and {"host", "user"} <= set(given) <= _KNOWN
    if not whole or len({"key_file", "key"} & set(given)) != 1:
        raise StepError(
            "`jump` must be a mapping with host, user, one of key_file and key, and if wanted port and host_key"
        )
    host, port, user = arguments.host(given), arguments.port(given, 22), arguments.user(given)
    name = f"jump host {user}@{host}:{port}"
    key = keys.from_cloud(cloud, str(given["key"])) if "key" in given else keys.from_file(str(given["key_file"]))
    opening, asked = connections.opening(scenario, name), time.monotonic()
    _await_turn(opening, name, activity)
    try:
        kept = connections.find(scenario, name)
        if kept is not None:
            return kept
        if opening.failed is not None and opening.failed[0] > asked:  # tried meanwhile: there is no need to do it again
            raise StepError(opening.failed[1])
        return _open(connections, scenario, name, (host, port, user), key, given.get("host_key"), activity)
    except StepError as problem:
        if activity.remaining() > 0:  # what is cut by this step's own end says nothing to others
            opening.failed = (time.monotonic(), str(problem))
        raise
    finally:
        opening.lock.release()


def _await_turn(opening: Opening, name: str, activity: Activity) -> None:
    """Wait for who is logging in there already, to have the same login.

    :raises StepError: the step's time is over before.
    """
    activity.doing = f"waiting for the login to the {name}"
    while not opening.lock.acquire(timeout=max(0.01, min(_LOOK_S, activity.remaining()))):
        if activity.remaining() <= 0:
            raise StepError(f"another step was still logging in to the {name} when the time was over")


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
