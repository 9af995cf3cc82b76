"""``probe_connect``: is a TCP port open, refused or silent, and since when."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from stackprobe.engine import tcp
from stackprobe.engine.classify import DeadlinePassed, StepFailure, Unanswered
from stackprobe.engine.expect import Checked
from stackprobe.engine.steps.arguments import flag, host, number, port
from stackprobe.engine.steps.base import Step, StepContext, StepKind
from stackprobe.engine.tcp import OPEN, Knock

_LEAST_PAUSE_S, _MOST_PAUSE_S = 0.1, 0.5
_EVERY_S = 0.25
_TRY_S = 1.0
"""The longest try of a guest while it is waited for an open port: its own packets come more seldom."""


class ConnectStep(StepKind):
    """Connects to ``host`` and ``port``, from the runner or from the guest of the connection ``on``.

    ``open`` (true) is what is expected; ``wait``: until it is so, which is then the step's time. ``timeout`` is how
    long one try may take (2 s).
    """

    name = "connect"
    required = frozenset({"host", "port"})
    optional = frozenset({"open", "wait", "timeout", "on"})

    def run(self, context: StepContext, step: Step) -> Any:
        arguments, activity = step.arguments, context.activity
        expected, wait = flag(arguments, "open", True), flag(arguments, "wait", False)
        place = f"{host(arguments)} port {port(arguments)}"
        timeout_s = number(arguments, "timeout", 0.05, 300) or 2.0
        knock = _knocking(context, step, timeout_s, _EVERY_S if wait and expected else None)
        activity.doing = f"connecting to {place}"
        began = time.monotonic()
        before, attempts = began, 0
        while True:
            attempts += 1
            found = knock()
            found.close()
            if (found.state == OPEN) == expected or not wait:
                break
            before = found.began
            pause_s = min(_MOST_PAUSE_S, max(_LEAST_PAUSE_S, (time.monotonic() - began) / 20))
            if activity.remaining() <= pause_s:
                break
            if found.state != tcp.SILENT:  # silence has taken its time
                context.pause(pause_s)
        if wait:
            context.polls = attempts
            opened_ms = found.connect_ms if found.state == OPEN else 0.0
            context.duration_ms = (found.began - began) * 1000 + opened_ms
            context.precision_ms = (found.began - max(before, found.before)) * 1000
        if found.state == OPEN:
            context.figures["connect_ms"] = found.connect_ms
        _judge(context, place, expected, found, attempts)
        result = {"state": found.state, "attempts": attempts, "detail": found.detail}
        result |= {name: round(value, 3) for name, value in context.figures.items()}
        if arguments.get("expect"):
            context.verify(result, arguments["expect"])
        return result


def _judge(context: StepContext, place: str, expected: bool, found: Knock, attempts: int) -> None:
    holds = (found.state == OPEN) == expected
    context.checks.append(Checked("open", holds, expected, found.state))
    if holds:
        return
    context.duration_ms = None
    detail = f" ({found.detail})" if found.detail else ""
    tries = f", tried {attempts} times" if attempts > 1 else ""
    if expected:
        raise Unanswered(f"{place} is {found.state}{detail}, expected open{tries}")
    late = context.activity.remaining() <= 0
    raise (DeadlinePassed if late else StepFailure)(f"{place} is open, expected closed{tries}")


def _knocking(context: StepContext, step: Step, timeout_s: float, every_s: float | None) -> Callable[[], Knock]:
    activity, to, number_ = context.activity, host(step.arguments), port(step.arguments)
    if step.arguments.get("on") in (None, ""):
        places = tcp.resolve(to, number_)
        return lambda: tcp.knock(places, activity, timeout_s, every_s)
    from stackprobe.engine.ssh import tunnel  # noqa: PLC0415  # paramiko takes its time, and few runs have guests

    connection = context.connections.get(step.scenario, step.arguments["on"])

    def from_guest() -> Knock:
        began = time.monotonic()
        patience_s = min(timeout_s, _TRY_S) if every_s else timeout_s
        found = tunnel.reach(connection, to, number_, activity, patience_s)
        if found.channel is not None:
            found.channel.close()
        return Knock(found.state, began, began, found.connect_ms, detail=found.detail)

    return from_guest
