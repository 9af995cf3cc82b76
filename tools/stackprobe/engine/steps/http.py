"""``probe_http``: one web address that is no API of the cloud."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from typing import Any

from stackprobe.engine import guest_text, web_address, web_request
from stackprobe.engine.classify import StepError, StepFailure, Unanswered
from stackprobe.engine.expect import Checked
from stackprobe.engine.steps.arguments import flag, number
from stackprobe.engine.steps.base import Step, StepContext, StepKind
from stackprobe.engine.tcp import OPEN
from stackprobe.engine.web_request import Answered, Order

METHODS = ("GET", "HEAD", "OPTIONS")
SHOWN_CHARACTERS = 4096
"""How much of a body a step returns."""
_QUOTED_CHARACTERS = 200
_MAX_REDIRECTS = 20
_MAX_BYTES = 64 * 1024 * 1024
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class HttpStep(StepKind):
    """Asks ``url`` (http or https) with ``method`` (GET, HEAD or OPTIONS) and ``headers``.

    ``status`` is the expected status or a list of which one is expected, by default 200; ``body`` a regular expression
    that must be found in the body; ``certificate_days``: fewer days left on the certificate are a failure.
    ``redirects`` is how many redirections are followed, by default none: never to anything but http and https, never
    from https to http; ``headers`` go to the same host only. ``verify`` (true) and ``ca_file`` are about the
    certificate. ``max_bytes`` is how much of the body is read (1 MiB). ``on``: a guest connects, by its connection.
    ``parse``: ``json`` gives the whole body as data.
    """

    name = "http"
    required = frozenset({"url"})
    optional = frozenset(
        {
            "method",
            "headers",
            "status",
            "body",
            "certificate_days",
            "redirects",
            "verify",
            "ca_file",
            "max_bytes",
            "on",
            "parse",
        }
    )
    default_deadline_s = 20.0

    def run(self, context: StepContext, step: Step) -> Any:
        arguments = step.arguments
        order = _order(context, step)
        statuses, pattern = _statuses(arguments.get("status")), _pattern(arguments.get("body"))
        if pattern is not None and order.method == "HEAD":
            raise StepError("an answer to HEAD has no body in which `body` could be found")
        least_days = number(arguments, "certificate_days", 0, 36500)
        if least_days is not None and not order.address.tls and not order.redirects:
            raise StepError("`certificate_days` needs an https address")
        answered = web_request.fetch(order, context.activity, context.figures)
        context.duration_ms, context.http_status = answered.total_ms, answered.status
        phases = dict(answered.phases)
        if answered.certificate_days is not None:
            context.figures["certificate_days"] = answered.certificate_days
        text = _text(answered)
        self._judge(context, answered, text, statuses, pattern, least_days)
        result = _result(answered, text, order, phases)
        if arguments.get("parse") not in (None, ""):
            result["json"] = _parsed(arguments["parse"], answered)
        if arguments.get("expect"):
            context.verify(result, arguments["expect"])
        return result

    @staticmethod
    def _judge(
        context: StepContext,
        answered: Answered,
        text: str,
        statuses: list[int],
        pattern: re.Pattern[str] | None,
        least_days: float | None,
    ) -> None:
        problems = []

        def check(name: str, holds: bool, expected: Any, actual: Any, problem: str) -> None:
            context.checks.append(Checked(name, holds, expected, actual))
            if not holds:
                problems.append(problem)

        shown, wanted = answered.address.shown, " or ".join(map(str, statuses))
        check(
            "status",
            answered.status in statuses,
            statuses if len(statuses) > 1 else statuses[0],
            answered.status,
            f"{shown} answers HTTP {answered.status}, expected {wanted}",
        )
        if pattern is not None:
            problem = f"the body does not match {pattern.pattern!r}"
            if not answered.complete:
                problem += f" in its first {len(answered.body)} bytes"
            check("body", pattern.search(text) is not None, pattern.pattern, text[:_QUOTED_CHARACTERS], problem)
        days = answered.certificate_days
        if least_days is not None:
            problem = f"the TLS certificate is valid for {days or 0:.1f} more days, not {least_days:g}"
            if days is None:
                problem = "there is no TLS certificate"
            check("certificate_days", days is not None and days >= least_days, least_days, days, problem)
        if problems:
            raise StepFailure("; ".join(problems), answered.status)


def _order(context: StepContext, step: Step) -> Order:
    arguments = step.arguments
    method = str(arguments.get("method") or "GET").upper()
    if method not in METHODS:
        raise StepError(f"`method` must be one of {', '.join(METHODS)}, not {method!r}")
    ca_file = arguments.get("ca_file") or None
    return Order(
        web_address.parse(arguments["url"]),
        method,
        _headers(context.values.resolve(arguments.get("headers") or {}, step.scenario)),
        int(number(arguments, "redirects", 0, _MAX_REDIRECTS) or 0),
        int(number(arguments, "max_bytes", 1, _MAX_BYTES) or Order.max_bytes),
        flag(arguments, "verify", True),
        str(ca_file) if ca_file else None,
        through(context, step),
    )


def through(context: StepContext, step: Step) -> Callable[[str, int], socket.socket] | None:
    """How a guest connects for us."""
    if step.arguments.get("on") in (None, ""):
        return None
    from stackprobe.engine.ssh import tunnel  # noqa: PLC0415  # paramiko takes its time, and few runs have guests

    connection = context.connections.get(step.scenario, step.arguments["on"])

    def connect(host: str, port: int) -> socket.socket:
        found = tunnel.reach(connection, host, port, context.activity, web_request.CONNECT_S)
        if found.state != OPEN:
            raise Unanswered(
                f"no connection from {connection.name} to {host} port {port}: {found.detail or found.state}"
            )
        return tunnel.as_socket(found.channel)

    return connect


def _result(answered: Answered, text: str, order: Order, phases: dict[str, float]) -> dict[str, Any]:
    days = answered.certificate_days
    return {
        "url": answered.address.shown,
        "status": answered.status,
        "headers": answered.headers,
        "body": text[:SHOWN_CHARACTERS],
        "size": len(answered.body),
        "complete": answered.complete,
        "redirects": answered.via,
        "ip": answered.ip,
        "verified": answered.address.tls and order.verify,
        "certificate_days": None if days is None else round(days, 3),
        "total_ms": round(answered.total_ms, 3),
        **{phase: round(spent_ms, 3) for phase, spent_ms in phases.items()},
    }


def _text(answered: Answered) -> str:
    charset = re.search(r"charset=\"?([\w.-]+)", answered.headers.get("content-type", ""), re.I)
    try:
        return answered.body.decode(charset[1] if charset else "utf-8", "replace")
    except LookupError:
        return answered.body.decode("utf-8", "replace")


def _headers(given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        raise StepError("`headers` must be a mapping of names to values")
    for name, value in given.items():
        if not _HEADER_NAME.fullmatch(str(name)):
            raise StepError(f"`headers` has {str(name)[:80]!r}, which is no name of a header")
        if not str(value).isprintable() or not str(value).isascii():
            raise StepError(f"the header {name} has a value that no header can have")
    return {str(name): str(value) for name, value in given.items()}


def _statuses(given: Any) -> list[int]:
    listed = [200] if given in (None, "", []) else given if isinstance(given, list) else [given]
    found = [int(one) if str(one).isascii() and str(one).isdigit() else 0 for one in listed]
    if not all(100 <= one <= 599 for one in found):
        raise StepError(f"`status` must be an HTTP status or a list of them, not {given!r}")
    return found


def _parsed(parse: Any, answered: Answered) -> Any:
    if parse != "json":
        raise StepError(f"`parse` knows json, not {parse!r}")
    if not answered.complete:
        raise StepFailure(f"the body is longer than {len(answered.body)} bytes")
    return guest_text.parsed(answered.body)


def _pattern(given: Any) -> re.Pattern[str] | None:
    if given in (None, ""):
        return None
    try:
        return re.compile(str(given))
    except re.error as error:
        raise StepError(f"`body` is no regular expression: {error}") from None
