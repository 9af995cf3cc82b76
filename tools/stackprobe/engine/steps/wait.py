"""``probe_wait``: ask until the cloud says what is expected, at most once a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from stackprobe.engine import expect
from stackprobe.engine.classify import DeadlinePassed, StepError, StepFailure, status_of
from stackprobe.engine.steps.base import Step, StepContext, StepKind, invoke

FIRST_POLL_S = 0.2
"""The first question comes that soon: what is ready at once is seen at once."""
INTERVAL_S = 1.0
"""Never more often than once a second: the probe must not become the cloud's load."""
LONG_INTERVAL_S = 5.0
"""The longest pause between two questions."""
TOLERATED_ERRORS = 2
"""So many answers in a row may be broken (each is a call record, the step counts as retried); one more is a failure."""
REASON_S = 5.0
"""So long a server in ERROR is asked for its fault: nova writes that a moment after the status."""


def interval(waited_s: float, least_s: float = INTERVAL_S) -> float:
    """Seconds until the next question after ``waited_s`` seconds of waiting: 1 s in the first minute, then 2 % of the
    time waited, so that the precision stays in proportion, at most 5 s; never less than ``least_s``.

    >>> interval(3), interval(100), interval(1000), interval(3, least_s=10)
    (1.0, 2.0, 5.0, 10)
    """
    return max(least_s, min(LONG_INTERVAL_S, waited_s / 50)) if waited_s > 60 else max(least_s, INTERVAL_S)


class WaitStep(StepKind):
    """Calls ``call`` with ``args`` until ``until`` holds (see :mod:`stackprobe.engine.expect`).

    ``fail_on`` ends the wait when it holds: by default a ``status`` that contains "error". The true time lies between
    the last answer that did not yet hold and the first that did: that gap is recorded as ``precision_ms``.
    """

    name = "wait"
    required = frozenset({"call", "until"})
    optional = frozenset({"args", "fail_on"})
    default_deadline_s = 300.0

    def run(self, context: StepContext, step: Step) -> Any:
        until = step.arguments["until"]
        fail_on = step.arguments.get("fail_on") or {"status": {"matches": "(?i)error"}}

        missing: list[expect.Checked] = []

        def ask() -> Any:
            return invoke(context, step.arguments["call"], step.arguments.get("args"), step.scenario)

        def arrived(answer: Any) -> bool:
            found = list(expect.check(answer, until))
            missing[:] = [one for one in found if not one.holds]
            if all(one.holds for one in found):
                context.checks += found
                return True
            if ended := next((one for one in expect.check(answer, fail_on) if one.holds), None):
                answer = _with_reason(context, ask, answer)
                what = f"it went into {_state(answer)}" if _is_state(ended, answer) else ended.name
                raise StepFailure(f"{what} while waiting for {_wanted(until)}")
            return False

        if not isinstance(until, dict) or not until:
            raise StepError("`until` must be a mapping of what to wait for")
        try:
            result = _with_reason(context, ask, poll(context, ask, arrived))
        except DeadlinePassed as error:
            raise DeadlinePassed("; ".join([str(error), *map(str, missing)])) from None
        if step.arguments.get("expect"):
            context.verify(result, step.arguments["expect"])
        return result


def poll(context: StepContext, ask: Any, arrived: Any, first_s: float = FIRST_POLL_S) -> Any:
    """Call ``ask`` until ``arrived(answer)``; returns that answer.

    :param first_s: seconds until the first question.
    :raises DeadlinePassed: when the step's deadline passes between two questions; the message names the last answer's
        state. When it passes during one, the judge takes the state from ``context.activity.seen``.
    """
    start, held_s = time.monotonic(), context.activity.held_s
    context.polls, broken, last_asked, pause = 0, 0, start, first_s
    context.activity.seen = None
    while True:
        try:
            context.pause(pause)
        except TimeoutError:
            seen = context.activity.seen or "no answer"
            raise DeadlinePassed(f"deadline passed after {time.monotonic() - start:.0f} s; last seen: {seen}") from None
        asked = time.monotonic()
        context.polls += 1
        try:
            answer = ask()
            broken, context.activity.seen = 0, _state(answer)
        except Exception as error:
            if not _tolerable(context, error) or broken >= TOLERATED_ERRORS:
                raise
            broken += 1
        else:
            if arrived(answer):
                context.precision_ms = (asked - last_asked) * 1000
                held_s = context.activity.held_s - held_s
                context.duration_ms = max(0.0, time.monotonic() - start - held_s) * 1000
                return answer
        last_asked = asked
        pause = max(interval(asked - start, context.poll_interval_s) - (time.monotonic() - asked), 0.05)


def _tolerable(context: StepContext, error: BaseException) -> bool:
    """Whether asking once more makes sense: a broken or refused-for-now answer, and time left."""
    call = context.activity.last_call()
    status = status_of(error)
    if status is not None:
        return status >= 500 or status == 429
    return context.activity.remaining() > 0 and call is not None and call.broken


def _with_reason(context: StepContext, ask: Callable[[], Any], answer: Any) -> Any:
    """``answer``; when that is a server in ERROR without a fault, a later one that tells it, if one comes soon.

    What ended the wait has been seen by now: this takes no time of the cloud's, and no broken answer changes it.
    """
    activity, began = context.activity, time.monotonic()
    held_s = activity.held_s
    try:
        while _lacks_reason(answer) and time.monotonic() - began < REASON_S:
            context.pause(FIRST_POLL_S)
            later = ask()
            if not _is_in_error(later):
                break
            answer = later
    except Exception:
        return answer
    finally:
        activity.held_s = held_s + time.monotonic() - began
    return answer


def _is_in_error(answer: Any) -> bool:
    return isinstance(answer, dict) and answer.get("status") == "ERROR"


def _lacks_reason(answer: Any) -> bool:
    return _is_in_error(answer) and "fault" in answer and not answer["fault"]


def _is_state(ended: expect.Checked, answer: Any) -> bool:
    """Whether what ended the wait is the status of a resource, asked for alone or along with others."""
    return isinstance(answer, dict) and "status" in answer and ended.name.startswith(("status ", ". "))


def _state(answer: Any) -> str:
    if answer is None:
        return "no answer"
    if isinstance(answer, dict):
        fault = answer.get("fault")  # of a server; stacks and backups have a text of their own
        own = answer.get("status_reason") or answer.get("fail_reason")
        message = fault.get("message") if isinstance(fault, dict) else own
        reason = f" ({message})" if message else ""
        return f"status {answer.get('status')}{reason}"
    return str(answer)[:80]


def _wanted(until: dict[str, Any]) -> str:
    return ", ".join(f"{path} {wanted}" for path, wanted in until.items())
