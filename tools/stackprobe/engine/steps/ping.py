"""``probe_ping``: round trips and losses, from the runner or from a guest."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stackprobe.engine import ping
from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import StepError, StepFailure, StepSkipped, Unanswered
from stackprobe.engine.expect import Checked
from stackprobe.engine.ping import Pinged
from stackprobe.engine.steps.arguments import flag, host, number, whole
from stackprobe.engine.steps.base import Step, StepContext, StepKind
from stackprobe.engine.tcp import has_ipv6
from stackprobe.outputs.clean import tail

_MISSING = 127
_PING = "ping"
_INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,31}")
_SPARE_S = 2.0
_MOST_OUTPUT = 1024 * 1024

Call = Callable[[list[str]], tuple[int, str]]


class PingStep(StepKind):
    """Pings ``to`` from the runner, or from the guest of the connection ``on``.

    ``count`` packets (5) of ``size`` bytes (56), one each ``interval`` s (0.2); ``timeout``: how long the last one
    is waited for (1 s). More loss than ``loss_percent`` (0) is a failure; with ``answers: false`` any answer is.
    ``wait``: again and again, until it is so; then ``since``, when what is waited for began, of an earlier step's
    answer, gives the figure ``since_ms``. ``interface``: the device that the packets leave by.
    """

    name = "ping"
    required = frozenset({"to"})
    optional = frozenset(
        {"on", "count", "interval", "size", "timeout", "loss_percent", "wait", "answers", "since", "interface"}
    )

    def run(self, context: StepContext, step: Step) -> Any:
        order = _Order.of(step)
        call = self._call(context, step)
        began = time.monotonic()
        since = number(step.arguments, "since", 0, began)
        if flag(step.arguments, "wait", False):
            pinged = _until(context, order, call, began, since)
        else:
            pinged = order.ping(call, order.count)
        context.duration_ms = (time.monotonic() - began) * 1000
        context.figures.update(pinged.figures())
        if pinged.sent < order.count and context.activity.remaining() <= 0 and not context.polls:
            answered = f"{pinged.received} of {pinged.sent} answered"
            raise Unanswered(f"{context.activity.doing} took too long, {answered} so far")
        if not order.answers and order.holds(pinged) and context.activity.remaining() <= 0:
            raise Unanswered(f"the time was over before it was clear that {order.to} does not answer")
        result: dict[str, Any] = {"to": order.to, "rtts_ms": [round(one, 3) for one in pinged.times_ms]}
        result |= {name: round(value, 3) for name, value in context.figures.items()}
        context.found = result
        self._judge(context, order, pinged)
        if step.arguments.get("expect"):
            context.verify(result, step.arguments["expect"])
        return result

    @staticmethod
    def _judge(context: StepContext, order: _Order, pinged: Pinged) -> None:
        holds = order.holds(pinged)
        polls = f", asked {context.polls} times" if context.polls else ""
        got = f"{pinged.received} of {pinged.sent} packets"
        if order.answers:
            context.checks.append(Checked("loss_percent", holds, {"max": order.loss_percent}, pinged.loss_percent))
            if not holds:
                raise Unanswered(f"{order.to} answers {got}: {pinged.loss_percent:g} % are lost{polls}")
        else:
            context.checks.append(Checked("answers", holds, False, pinged.received > 0))
            if not holds:
                raise Unanswered(f"{order.to} answers {got}, expected that it does not answer{polls}")

    @staticmethod
    def _call(context: StepContext, step: Step) -> Call:
        """How ``ping`` is called: exit status and output."""
        activity = context.activity
        if step.arguments.get("on") in (None, ""):
            return lambda words: _on_runner(words, activity)
        from stackprobe.engine.ssh import command  # noqa: PLC0415  # paramiko takes its time, and few runs have guests

        connection = context.connections.get(step.scenario, step.arguments["on"])

        def in_guest(words: list[str]) -> tuple[int, str]:
            script = f'PATH="$PATH:/usr/sbin:/sbin" LC_ALL=C; export PATH LC_ALL; {shlex.join(words)}'
            ran = command.run(connection, f"exec sh -c {shlex.quote(script)}", activity, max_bytes=_MOST_OUTPUT)
            said = (ran.stdout + b"\n" + ran.stderr).decode("utf-8", "replace")
            if ran.rc == _MISSING and "not found" in said:
                if _PING in connection.known:
                    raise StepFailure(f"the guest {connection.name} has no ping any more")
                raise StepSkipped(f"the guest {connection.name} has no ping")
            connection.known.add(_PING)
            return ran.rc, said

        return in_guest


@dataclass(frozen=True)
class _Order:
    to: str
    count: int
    interval_s: float
    size: int
    timeout_s: float
    loss_percent: float
    answers: bool
    interface: str | None

    @staticmethod
    def of(step: Step) -> _Order:
        arguments = step.arguments
        return _Order(
            host(arguments, "to"),
            whole(arguments, "count", 1, 10_000, 5),
            number(arguments, "interval", 0.002, 60) or 0.2,
            whole(arguments, "size", 0, 65_000, 56),
            number(arguments, "timeout", 0.1, 60) or 1.0,
            number(arguments, "loss_percent", 0, 100) or 0.0,
            flag(arguments, "answers", True),
            _interface(arguments.get("interface")),
        )

    def holds(self, pinged: Pinged) -> bool:
        """Whether it is as expected."""
        if not self.answers:
            return pinged.received == 0
        return pinged.received > 0 and pinged.loss_percent <= self.loss_percent

    def ping(self, call: Call, count: int) -> Pinged:
        """
        :raises StepSkipped: nobody may ping there.
        :raises StepError: this ``ping`` is none.
        """
        code, output = call(ping.command(self.to, count, self.interval_s, self.size, self.timeout_s, self.interface))
        if ping.parse(output) is None and ping.misused(output):
            code, output = call(ping.command(self.to, count, None, self.size, self.timeout_s, self.interface))
        found = ping.parse(output)
        if found is not None:
            return found
        said = tail(output, 200)
        if ping.forbidden(output):
            raise StepSkipped(f"ping is not permitted there: {said}")
        if ping.unknown_host(output):
            raise Unanswered(f"the name {self.to} cannot be resolved: {said}")
        if "nreachable" in output:
            return Pinged(count)
        raise StepError(f"ping ended with {code} and without numbers: {said}")


def _until(context: StepContext, order: _Order, call: Call, began: float, since: float | None) -> Pinged:
    """Ping until it is as expected, or the time is over: the last result.

    While it is waited for, one packet a time tells soonest; then all of them count.
    """
    context.polls, before, last = 0, began, Pinged()
    while True:
        asked = time.monotonic()
        context.polls += 1
        try:
            last = order.ping(call, 1)
            if order.holds(last):
                last = order.ping(call, order.count) if order.count > 1 else last
        except Unanswered:
            if context.activity.remaining() > 0 or not last.sent or order.holds(last):
                raise
            return last
        if order.holds(last):
            context.figures["effect_ms"] = (asked - began) * 1000
            if since is not None:
                context.figures["since_ms"] = (asked - since) * 1000
            context.precision_ms = (asked - before) * 1000
            return last
        before = asked
        try:
            context.pause(max(0.05, order.interval_s - (time.monotonic() - asked)))
        except TimeoutError:
            return last


def _interface(given: Any) -> str | None:
    if given in (None, ""):
        return None
    if not _INTERFACE.fullmatch(str(given)):
        raise StepError(f"`interface` must be the name of a network device, not {given!r}")
    return str(given)


def _on_runner(words: list[str], activity: Activity) -> tuple[int, str]:
    activity.doing = f"pinging {words[-1]}"
    if activity.remaining() <= 0:
        raise Unanswered(f"{activity.doing} took too long")
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C"},
            start_new_session=True,
        )
    except FileNotFoundError:
        raise StepSkipped("the runner has no program ping") from None
    except OSError as error:
        raise StepSkipped(f"the runner cannot start ping: {error.strerror}") from None
    with process, activity.holding(_Ending(process)):
        try:
            output, _ = process.communicate(timeout=activity.remaining() + _SPARE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
    text = output.decode("utf-8", "replace")
    if ":" in words[-1] and ping.no_way(text) and not has_ipv6():
        raise StepSkipped("the runner has no IPv6")
    return process.returncode, text


@dataclass
class _Ending:
    """At the step's end ``ping`` is asked for what it knows so far, as by Ctrl-C."""

    process: subprocess.Popen[bytes]

    def shutdown(self, _how: int) -> None:
        self.process.send_signal(signal.SIGINT)
