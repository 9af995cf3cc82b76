"""``probe_dns``: one question to a name server."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import dns.rcode

from stackprobe.engine import name_server
from stackprobe.engine.classify import StepError, StepFailure, Unanswered
from stackprobe.engine.expect import Checked
from stackprobe.engine.name_server import NODATA, Answer, Question
from stackprobe.engine.steps.arguments import is_true
from stackprobe.engine.steps.base import Step, StepContext, StepKind, seconds
from stackprobe.engine.steps.wait import interval

_MEANINGS = {
    NODATA: "the name has no record of this type",
    "NXDOMAIN": "there is no such name",
    "SERVFAIL": "the name server could not find out",
    "REFUSED": "the name server refuses to answer this",
}


class DnsStep(StepKind):
    """Asks ``server`` (default: the system's resolver) for the records of ``type`` (default A) that ``name`` has.

    ``rcode`` lists the response codes of which one is expected: by default NOERROR, and that there is a record.
    ``answers`` lists what must be answered, in any order and nothing else. ``wait`` asks again, at most once a second,
    until all is as expected. ``timeout`` is how long one question over UDP waits for its answer (s).
    The result has ``rcode``, ``answers``, ``aliases``, ``ttl`` (s), ``authoritative``, ``server`` and ``tcp``.
    """

    name = "dns"
    required = frozenset({"name"})
    optional = frozenset({"type", "server", "rcode", "answers", "wait", "timeout"})
    default_deadline_s = 10.0

    def run(self, context: StepContext, step: Step) -> Any:
        arguments, activity = step.arguments, context.activity
        asked = name_server.question(arguments["name"], arguments.get("type") or "A")
        codes = _codes(arguments.get("rcode"))
        wanted = _wanted(arguments.get("answers"), asked)
        try_s = seconds(arguments, "timeout", None) or name_server.TRY_S
        among = name_server.servers(arguments.get("server"), activity)

        def once() -> Any:
            began = time.monotonic()
            try:
                answer = name_server.ask(asked, among, activity, try_s)
            finally:
                context.duration_ms = (time.monotonic() - began) * 1000
            context.resent += answer.asked - 1
            return _judged(context, arguments, asked, answer, codes, wanted)

        if not is_true(arguments.get("wait")):
            return once()
        return _until_it_holds(context, once)


def _until_it_holds(context: StepContext, once: Any) -> Any:
    """Ask until nothing is wrong with the answer; the time is that until the first such answer."""
    start = last_asked = time.monotonic()
    context.polls = 0
    problem: StepFailure | Unanswered
    while True:
        checks, now = len(context.checks), time.monotonic()
        context.polls += 1
        try:
            result = once()
        except (StepFailure, Unanswered) as error:
            if context.activity.remaining() <= 0 and isinstance(error, Unanswered):
                raise
            problem = error
        else:
            context.precision_ms = (now - last_asked) * 1000
            context.duration_ms = (time.monotonic() - start) * 1000
            return result
        seen, context.checks = context.checks[checks:], context.checks[:checks]
        last_asked = now
        try:
            context.pause(max(interval(now - start, context.poll_interval_s) - (time.monotonic() - now), 0.05))
        except TimeoutError:
            context.checks += seen
            context.duration_ms = None
            waited_s = time.monotonic() - start
            message = f"not so within {waited_s:.1f} s, asked {context.polls} times: {problem}"
            raise type(problem)(message) from None  # of silence at the end, the control target tells whose it is


def _judged(
    context: StepContext,
    arguments: dict[str, Any],
    asked: Question,
    answer: Answer,
    codes: list[str],
    wanted: list[str] | None,
) -> dict[str, Any]:
    """The result for the scenario.

    :raises StepFailure: it is not what was expected.
    """
    accepted = codes or ["NOERROR", *([NODATA] if wanted == [] else [])]
    if answer.rcode not in accepted:
        meaning = _MEANINGS.get(answer.rcode)
        says = f"{answer.rcode}, {meaning}" if meaning else answer.rcode
        expected = f", expected {' or '.join(codes)}" if codes else ""
        message = f"{answer.server} answers {asked} with {says}{expected}"
        # Behind a resolver that could not find out stands the network that it asks through, which may be the runner's.
        raise Unanswered(message) if answer.rcode == "SERVFAIL" else StepFailure(message)
    if wanted is not None:
        holds = answer.records == wanted
        context.checks.append(Checked("answers", holds, wanted, answer.records))
        if not holds:
            raise StepFailure(f"{answer.server} answers {asked} with {_list(answer.records)}, not {_list(wanted)}")
    found = asdict(answer)
    result = {"answers": found.pop("records"), "name": asked.name.to_text(), **found}
    if arguments.get("expect"):
        context.verify(result, arguments["expect"])
    return result


def _codes(given: Any) -> list[str]:
    listed = [] if given in (None, "") else given if isinstance(given, list) else [given]
    codes = [str(one).upper() for one in listed]
    for code in codes:
        try:
            known = code == NODATA or dns.rcode.from_text(code) is not None
        except (dns.rcode.UnknownRcode, ValueError):
            known = False
        if not known:
            raise StepError(f"`rcode` knows NOERROR, {', '.join(sorted(_MEANINGS))} and others of DNS, not {code!r}")
    return codes


def _wanted(given: Any, asked: Question) -> list[str] | None:
    if given in (None, ""):
        return None
    if not isinstance(given, list):
        raise StepError("`answers` must be a list of what the name server has to answer")
    return sorted({name_server.normal(one, asked.type) for one in given})


def _list(records: list[str]) -> str:
    return ", ".join(records[:20]) or "nothing"
