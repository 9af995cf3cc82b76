"""``probe_spread``: many requests to one address, and who of several has answered them."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

from stackprobe.engine import datagrams, web_address, web_request
from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import DeadlinePassed, StepError, StepFailure, Unanswered
from stackprobe.engine.datagrams import Datagrams
from stackprobe.engine.expect import Checked
from stackprobe.engine.steps.arguments import flag, number, whole
from stackprobe.engine.steps.base import Step, StepContext, StepKind
from stackprobe.engine.steps.http import through
from stackprobe.engine.tally import Asked, Tally
from stackprobe.engine.web_request import Order
from stackprobe.outputs.clean import one_line

_MOST_REQUESTS = 10_000
_MOST_BYTES = 64 * 1024
_QUOTED_CHARACTERS = 60
_LONGEST_NAME = 100
_REACH_EVERY_S = 0.2


class SpreadStep(StepKind):
    """Asks ``url`` ``count`` times (20), each time on a new connection, with ``interval`` s between (0).

    ``url`` is an address of http or https, or ``udp://HOST:PORT``: then it sends a datagram from a port of its own.

    ``tell`` is a regular expression whose first group, in the body, is the name of who has answered; ``members`` are
    those who must answer, all of them and nobody else. More than ``errors`` requests (0) without a good answer within
    ``timeout`` s (2) are a failure, and so is a member that is farther than ``tolerance`` requests off an equal share.
    ``same``: one of them must answer all requests, whoever it is.
    ``wait``: until ``count`` requests in a row are as expected. ``reach``: what goes wrong before the first good answer
    does not count. ``on``: a guest asks, by its connection.
    """

    name = "spread"
    required = frozenset({"url", "tell", "members"})
    optional = frozenset({"count", "interval", "timeout", "errors", "tolerance", "same", "wait", "reach", "on"})

    def run(self, context: StepContext, step: Step) -> Any:
        plan = _Plan.of(context, step)
        tally, began = Tally(plan.members, plan.count, same=plan.same), time.monotonic()
        try:
            while not (tally.settled if plan.wait else len(tally.asked) >= plan.count):
                if plan.reach and tally.asked and tally.errors == len(tally.asked):
                    context.pause(_REACH_EVERY_S)
                    tally.asked.clear()
                    began = time.monotonic()
                elif tally.asked and plan.interval_s:
                    context.pause(plan.interval_s)
                tally.asked.append(plan.ask(context.activity))
        except TimeoutError:
            pass  # what was found until then is worth telling
        context.duration_ms = (time.monotonic() - began) * 1000
        context.figures.update(tally.figures())
        if plan.wait and tally.settled:
            context.polls, context.duration_ms = len(tally.asked), tally.settled_after_ms(began)
            context.precision_ms = max(one.took_ms for one in tally.asked) + plan.interval_s * 1000
        result = {
            "members": tally.shares(),
            "deviation": round(tally.deviation(), 3),
            "problems": tally.problems(),
            **{name: round(value, 3) for name, value in context.figures.items()},
        }
        context.found = result
        _judge(context, plan, tally)
        if step.arguments.get("expect"):
            context.verify(result, step.arguments["expect"])
        return result


@dataclass(frozen=True)
class _Plan:
    order: Order | Datagrams
    tell: re.Pattern[str]
    members: tuple[str, ...]
    count: int
    interval_s: float
    timeout_s: float
    errors: int | None
    tolerance: float | None
    same: bool
    wait: bool
    reach: bool

    @staticmethod
    def of(context: StepContext, step: Step) -> _Plan:
        """
        :raises StepError: an argument is wrong.
        """
        arguments = step.arguments
        wait, members = flag(arguments, "wait", False), arguments["members"]
        if not isinstance(members, list) or not members or len({str(one) for one in members}) != len(members):
            raise StepError(f"`members` must be a list of names, each another one, not {members!r}")
        errors = number(arguments, "errors", 0, _MOST_REQUESTS)
        return _Plan(
            _order(context, step),
            _telling(arguments["tell"]),
            tuple(str(one) for one in members),
            whole(arguments, "count", len(members), _MOST_REQUESTS, max(20, len(members))),
            number(arguments, "interval", 0, 60) or 0.0,
            number(arguments, "timeout", 0.05, 60) or 2.0,
            int(errors) if errors is not None else None if wait else 0,
            number(arguments, "tolerance", 0, _MOST_REQUESTS),
            flag(arguments, "same", False),
            wait,
            flag(arguments, "reach", False),
        )

    def ask(self, activity: Activity) -> Asked:
        """One request.

        :raises TimeoutError: the step's time is over.
        """
        began = time.monotonic()
        if activity.remaining() <= 0:
            raise TimeoutError
        alone = Activity(min(activity.deadline, began + self.timeout_s), activity.scenario, activity.step)
        member = error = ""
        try:
            with activity.holding(_Ending(alone)):
                status, body = self._answer(alone)
            text = body.decode("utf-8", "replace")
            found = self.tell.search(text)
            if status != 200:
                error = f"HTTP {status}"
            elif found is None:
                error = f"an answer that does not tell whose it is: {text[:_QUOTED_CHARACTERS]!r}"
            else:
                member = one_line((found[1] if self.tell.groups else found[0]) or "", _LONGEST_NAME)
        except (StepFailure, Unanswered) as problem:
            error = str(problem).replace("deadline passed", f"nothing within {self.timeout_s:g} s")
        if error and activity.remaining() <= 0:
            raise TimeoutError  # cut by our own end
        return Asked(began, (time.monotonic() - began) * 1000, member, error)

    def _answer(self, alone: Activity) -> tuple[int, bytes]:
        if isinstance(self.order, Datagrams):
            return 200, self.order.ask(alone)
        answered = web_request.fetch(self.order, alone, {})
        return answered.status, answered.body


@dataclass
class _Ending:
    """A request that ends with its step."""

    activity: Activity

    def shutdown(self, _how: int) -> None:
        self.activity.abort("the step has ended")


def _judge(context: StepContext, plan: _Plan, tally: Tally) -> None:
    """Record the checks.

    :raises Unanswered: no request was answered.
    :raises DeadlinePassed: it has not become as expected in time.
    :raises StepFailure: anything else is not as expected.
    """
    requests, shares, problems = len(tally.asked), tally.shares(), []
    told = ", ".join(f"{name} {answered}" for name, answered in shares.items())

    def check(name: str, holds: bool, expected: Any, actual: Any, problem: str) -> None:
        context.checks.append(Checked(name, holds, expected, actual))
        if not holds:
            problems.append(problem)

    if plan.errors is not None:
        problem = f"{tally.errors} of {requests} requests failed: {tally.problems()}"
        check("errors", tally.errors <= plan.errors, {"max": plan.errors}, tally.errors, problem)
    answering = {name for name, answered in shares.items() if answered}
    wanted = sorted(plan.members)
    if plan.wait:
        window = tally.last
        problem = f"of the last {len(window)} requests {sum(1 for one in window if one.error)} failed"
        problem += f" ({tally.problems(window)})" if tally.problems(window) else ""
        problem += f", answered: {told}; expected {plan.count} in a row by"
        problem += f" one of {', '.join(wanted)}" if plan.same else f" {' and '.join(wanted)}"
        check("settled", tally.settled, True, tally.settled, problem)
    else:
        expected = "always the same one of" if plan.same else "each of"
        problem = f"answered: {told}; expected {expected} {', '.join(wanted)} and nobody else"
        check("members", tally.fits(answering), wanted, sorted(answering), problem)
    if plan.tolerance is not None and (tally.settled or not plan.wait):
        fair = len(tally.last) / len(plan.members)
        problem = f"not an equal share: {told}; expected {fair:.3g} ± {plan.tolerance:g} of {len(tally.last)} each"
        check("deviation", tally.deviation() <= plan.tolerance, {"max": plan.tolerance}, tally.deviation(), problem)
    if not problems:
        return
    if requests and tally.errors == requests:
        raise Unanswered(problems[0])
    late = (plan.wait and not tally.settled) or requests < plan.count
    raise (DeadlinePassed if late else StepFailure)("; ".join(problems))


def _order(context: StepContext, step: Step) -> Order | Datagrams:
    url = step.arguments["url"]
    if not str(url).startswith(f"{datagrams.SCHEME}:"):
        return Order(web_address.parse(url), max_bytes=_MOST_BYTES, through=through(context, step))
    if step.arguments.get("on"):
        raise StepError("`on` does not go with udp: the SSH server of a guest forwards connections of TCP only")
    return Datagrams.parse(str(url))


def _telling(given: Any) -> re.Pattern[str]:
    try:
        return re.compile(str(given))
    except re.error as error:
        raise StepError(f"`tell` is no regular expression: {error}") from None
