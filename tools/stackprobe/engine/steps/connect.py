"""``probe_connect``: is a TCP port open, refused or silent, and since when."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from stackprobe.engine import tcp
from stackprobe.engine.classify import DeadlinePassed, StepError, StepFailure, Unanswered
from stackprobe.engine.expect import Checked
from stackprobe.engine.steps.arguments import flag, host, number, port
from stackprobe.engine.steps.base import Step, StepContext, StepKind
from stackprobe.engine.tcp import OPEN, Knock

_LEAST_PAUSE_S, _MOST_PAUSE_S = 0.1, 0.5
_EVERY_S = 0.25
_TRY_S = 1.0
"""The longest try of a guest while it is waited for an open port: its own packets come more seldom."""


class ConnectStep(StepKind):
    """Connects to ``host`` and ``port``, from the runner, from the guest of the connection ``on``, or from the host
    ``jump`` outside of this run.

    ``open`` (true) is what is expected, or ``state``: ``open``, ``refused``, ``silent``, or a list of which one is.
    ``wait``: until it is so, which is then the step's time. ``since``: when what brings it about began, of an earlier
    step's answer; it gives the figure ``since_ms``. ``timeout`` is how long one try may take (2 s).
    """

    name = "connect"
    required = frozenset({"host", "port"})
    optional = frozenset({"open", "state", "wait", "timeout", "on", "jump", "since"})

    def run(self, context: StepContext, step: Step) -> Any:
        arguments, activity = step.arguments, context.activity
        expected, wait = _expected(arguments), flag(arguments, "wait", False)
        since = number(arguments, "since", 0, time.monotonic())
        place = f"{host(arguments)} port {port(arguments)}"
        timeout_s = number(arguments, "timeout", 0.05, 300) or 2.0
        knock = _knocking(context, step, timeout_s, _EVERY_S if wait and tcp.SILENT not in expected else None)
        activity.doing = f"connecting to {place}"
        began = time.monotonic()
        before, attempts = began, 0
        while True:
            attempts += 1
            found = knock()
            found.close()
            if found.state in expected or not wait:
                break
            before = found.began
            pause_s = min(_MOST_PAUSE_S, max(_LEAST_PAUSE_S, (time.monotonic() - began) / 20))
            try:
                context.pause(0.0 if found.state == tcp.SILENT else pause_s)  # silence has taken its time
            except TimeoutError:
                break
        cut = activity.remaining() <= 0 and not found.detail and time.monotonic() - found.began < 0.9 * timeout_s
        if cut and found.state == tcp.SILENT and tcp.SILENT in expected:
            raise Unanswered(f"the time was over before it was clear that {place} is silent")
        if wait:
            context.polls = attempts
            opened_ms = found.connect_ms if found.state == OPEN else 0.0
            context.duration_ms = (found.began - began) * 1000 + opened_ms
            earlier = found.before if found.before < found.began else before
            context.precision_ms = (found.began - earlier) * 1000
        if found.state == OPEN:
            context.figures["connect_ms"] = found.connect_ms
        if since is not None and found.state in expected:
            opened_s = found.connect_ms / 1000 if found.state == OPEN else 0.0
            context.figures["since_ms"] = (found.began + opened_s - since) * 1000
        _judge(context, place, expected, found, attempts)
        result = {"state": found.state, "attempts": attempts, "detail": found.detail}
        result |= {name: round(value, 3) for name, value in context.figures.items()}
        if arguments.get("expect"):
            context.verify(result, arguments["expect"])
        return result


def _expected(arguments: dict[str, Any]) -> tuple[str, ...]:
    """The states of which one is expected.

    :raises StepError: there are no such states.
    """
    given = arguments.get("state")
    if given in (None, "", []):
        return (OPEN,) if flag(arguments, "open", True) else (tcp.REFUSED, tcp.SILENT)
    if arguments.get("open") not in (None, ""):
        raise StepError("`open` and `state` exclude each other")
    states = tuple(given) if isinstance(given, list | tuple) else (given,)
    for one in states:
        if one not in (OPEN, tcp.REFUSED, tcp.SILENT):
            raise StepError(f"`state` must be open, refused, silent, or a list of them, not {given!r}")
    return states


def _judge(context: StepContext, place: str, expected: tuple[str, ...], found: Knock, attempts: int) -> None:
    holds = found.state in expected
    wanted = "closed" if set(expected) == {tcp.REFUSED, tcp.SILENT} else " or ".join(expected)
    context.checks.append(Checked("state", holds, wanted, found.state))
    if holds:
        return
    context.duration_ms = None
    detail = f" ({found.detail})" if found.detail else ""
    tries = f", tried {attempts} times" if attempts > 1 else ""
    message = f"{place} is {found.state}{detail}, expected {wanted}{tries}"
    if found.state == tcp.SILENT:
        raise Unanswered(message)
    late = context.activity.remaining() <= 0
    raise (DeadlinePassed if late else StepFailure)(message)


def _knocking(context: StepContext, step: Step, timeout_s: float, every_s: float | None) -> Callable[[], Knock]:
    activity, to, number_ = context.activity, host(step.arguments), port(step.arguments)
    on, jump = step.arguments.get("on"), step.arguments.get("jump")
    if on in (None, "") and not jump:
        places = tcp.resolve(to, number_)
        return lambda: tcp.knock(places, activity, timeout_s, every_s)
    from stackprobe.engine.ssh import tunnel  # noqa: PLC0415  # paramiko takes its time, and few runs have guests

    expected = _expected(step.arguments)
    if jump:
        from stackprobe.engine.ssh import jump as jump_host  # noqa: PLC0415

        if on not in (None, ""):
            raise StepError("a port is asked `on` a guest or from a `jump` host, not both")
        connection = jump_host.connection(context.connections, step.scenario, jump, activity, context.connection)
    else:
        connection = context.connections.get(step.scenario, on)

    def from_guest() -> Knock:
        began = time.monotonic()
        patience_s = min(timeout_s, _TRY_S) if every_s else timeout_s
        found = tunnel.reach(connection, to, number_, activity, patience_s)
        if found.channel is not None:
            found.channel.close()
        elif found.state == tcp.SILENT and tcp.SILENT in expected:
            tunnel.still_there(connection, activity)
        return Knock(found.state, began, began, found.connect_ms, detail=found.detail)

    return from_guest
