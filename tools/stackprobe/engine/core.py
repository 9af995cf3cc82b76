"""Executes steps: in time, attributed, judged and recorded, whatever they run into."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

import openstack.connection

from stackprobe.engine import joins
from stackprobe.engine.activity import Activity
from stackprobe.engine.attachments import Attachments
from stackprobe.engine.background import Background, abandon
from stackprobe.engine.classify import (
    ABANDONED,
    ERROR,
    FAILED,
    GIVEN_UP,
    PASSED,
    SKIPPED,
    Judge,
    StepError,
    Verdict,
)
from stackprobe.engine.execution import Execution
from stackprobe.engine.ledger import Ledger
from stackprobe.engine.limits import Limits
from stackprobe.engine.performing import Performer
from stackprobe.engine.recorder import Recorder
from stackprobe.engine.ssh.connections import Connections
from stackprobe.engine.starvation import Heartbeat
from stackprobe.engine.state import Scenarios, ScenarioState
from stackprobe.engine.steps import KINDS, Step, StepContext
from stackprobe.engine.steps.arguments import is_true
from stackprobe.engine.steps.base import seconds
from stackprobe.engine.values import Values
from stackprobe.metricname import key_of

_EVIDENCE_S = 10.0
"""How long a step that failed may look for evidence, outside of its time."""


class Engine:
    """The step engine of one run on one cloud.

    :param own_prefix: how every name of this run begins.
    :param ends: when the last step must be over, monotonic seconds; teardown has its own time after it.
    :param poll_interval_s: the shortest time between two questions of a waiting step.
    :param within: limits of steps (s), by scenario and key; each goes before the limit that the step has itself.
    :param before_creation: called before a step that creates something, outside its time; raises
        :class:`~stackprobe.engine.classify.StepError` when nothing more may be created.
    :param attachments: keeps what a step leaves beside the journal; None: nothing is kept.
    """

    def __init__(
        self,
        connection: openstack.connection.Connection,
        recorder: Recorder,
        *,
        own_prefix: str,
        ends: float,
        judge: Judge,
        ledger: Ledger,
        hide: Callable[[str], None] = lambda _: None,
        before_creation: Callable[[], None] = lambda: None,
        attachments: Attachments | None = None,
        poll_interval_s: float = 1.0,
        within: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        self.connection, self.own_prefix, self.ends = connection, own_prefix, ends
        self._recorder, self.judge, self.ledger, self.values = recorder, judge, ledger, Values(hide)
        self._before_creation, self._poll_interval_s = before_creation, poll_interval_s
        self._attachments, self.connections = attachments, Connections()
        self._limits, self.heartbeat = Limits(within or {}), Heartbeat()
        self.scenarios = Scenarios(recorder, self._limits, self.heartbeat)
        self.performer = Performer(judge)
        self._sequence = itertools.count(1)

    def execution(self, step: Step) -> Execution:
        """``step``, which begins now; how much time it has is yet to be said."""
        now = time.monotonic()
        activity = Activity(now, step.scenario, step.name, next(self._sequence), zone=step.zone)
        context = StepContext(
            self.connection,
            activity,
            self.ledger,
            self.values,
            self.own_prefix,
            self.connections,
            poll_interval_s=self._poll_interval_s,
        )
        return Execution(step, context, now)

    def skip(self, scenario: str, reason: str, outcome: str = SKIPPED, remedy: str | None = None) -> None:
        """Close ``scenario`` before its first step: its precondition is absent (or, as ``failed``, was promised; or, as
        ``error``, is for the operator to make good)."""
        state = self.scenarios.begin(scenario)
        if state.finished:
            return
        self.reject(Step("plan", scenario, "Precondition", {}), Verdict(outcome, reason, remedy))
        state.messages.append(reason)
        state.skipped = True
        self.scenarios.end(scenario)

    def reject(self, step: Step, verdict: Verdict) -> None:
        """Record why ``step`` was not executed."""
        self.record(self.execution(step), verdict)

    def record(self, execution: Execution, verdict: Verdict) -> None:
        """Write a step that is over to the journal, and count its outcome for its scenario."""
        step = execution.step
        self.scenarios.begin(step.scenario).outcomes.append(verdict.outcome)
        execution.record(self._recorder, verdict, self._limits.of(step) if verdict.outcome != ERROR else None)

    def execute(self, step: Step) -> dict[str, Any]:
        """Execute ``step`` and record it. Never raises; the answer says what happened:

        ``outcome``, ``message``, ``fatal`` (the scenario cannot go on), ``result``, ``duration_ms``, ``status``,
        ``began`` (s on this engine's clock: when it, or its first request, began).
        """
        if step.kind == joins.KIND:
            return self._join(step)
        if is_true(step.arguments.get("background")):
            return self._in_background(step)
        return self._execute(step)

    def abandon(self, scenario: str) -> None:
        """End what is still going on in the background of a scenario that is over."""
        background = self.scenarios.begin(scenario).background
        abandon(background, lambda: self.performer.give_up(ABANDONED, scenario))

    def _in_background(self, step: Step) -> dict[str, Any]:
        """Begin ``step`` and answer at once; the next join tells how it went."""
        name, began = f"{step.scenario}: background", time.monotonic()
        background = Background(step.zone, name, lambda: self._execute(step))
        self.scenarios.begin(step.scenario).background.append(background)
        return {
            "outcome": PASSED,
            "message": "goes on in the background",
            "fatal": False,
            "result": None,
            "began": began,
        }

    def _join(self, step: Step) -> dict[str, Any]:
        """Wait for steps in the background. A join that is measured is recorded, from the first one's beginning to the
        last one's end."""
        state = self.scenarios.begin(step.scenario)
        join = joins.Join(step, state, lambda zone: self.performer.give_up(GIVEN_UP, step.scenario, [zone]))
        state.answered = time.monotonic()
        if not join.measured:
            return join.answer()
        execution, verdict = self.execution(step), Verdict(PASSED, "")
        context, (execution.began, ended) = execution.context, join.span()
        context.duration_ms = (ended - execution.began) * 1000
        try:
            context.figures = join.figures()
        except StepError as error:
            verdict = Verdict(ERROR, str(error))
        result = {"wrong_zones": [], "figures": {name: round(value, 3) for name, value in context.figures.items()}}
        return self._settle(execution, verdict, result)

    def _execute(self, step: Step) -> dict[str, Any]:
        arrived = time.monotonic()
        state = self.scenarios.begin(step.scenario)
        scheduling_ms = max(0.0, arrived - state.answered) * 1000
        if reason := self._over(state):
            return _not_executed(reason)
        execution = self.execution(step)
        context, activity = execution.context, execution.activity
        execution.scheduling_ms, execution.deadline_ms = scheduling_ms, 0.0
        kind = KINDS.get(step.kind)
        try:
            if kind is None:
                raise StepError(f"there is no kind of step `{step.kind}`")
            kind.validate(step.arguments)
            deadline_s = seconds(step.arguments, "deadline", kind.default_deadline_s) or kind.default_deadline_s
            if step.arguments.get("skip"):
                return self._settle(execution, Verdict(SKIPPED, str(step.arguments["skip"])), None)
            if step.arguments.get("creates"):
                self._before_creation()
                if reason := self._over(state):
                    return _not_executed(reason)
                execution.began = time.monotonic()
        except StepError as error:
            return self._settle(execution, Verdict(ERROR, str(error)), None)
        execution.allow(deadline_s, self.ends)
        self._recorder.tell({"type": "step_start", "scenario": step.scenario, "step": step.name})
        result, verdict = self.performer.perform(activity, lambda: kind().run(context, step), stoppable=True)
        result = context.found if verdict is not None and result is None else result
        verdict = (
            verdict
            or self.judge.malformed(activity)
            or Verdict(PASSED, "", status=context.http_status or _last_status(activity))
        )
        if verdict.outcome == FAILED and context.evidence is not None:
            if context.duration_ms is None:
                context.duration_ms = execution.elapsed_ms()
            verdict = self._explained(step, activity, context, verdict)
        return self._settle(execution, verdict, result)

    def _explained(self, step: Step, activity: Activity, context: StepContext, verdict: Verdict) -> Verdict:
        """The verdict with the step's evidence, for which there is a time of its own."""
        now = time.monotonic()
        aside = Activity(min(now + _EVIDENCE_S, max(self.ends, now + 1.0)), step.scenario, step.name, activity.seq)
        found, _ = self.performer.perform(aside, lambda: context.evidence and context.evidence(aside), stoppable=True)
        names = [step.scenario, key_of(step.name), *([step.zone] if step.zone else [])]
        return found.added(verdict, names, self._attachments, context.attachments) if found else verdict

    def _over(self, state: ScenarioState) -> str | None:
        """Why no step of a scenario is executed any more."""
        late = "the run's time is over" if time.monotonic() >= self.ends else None
        reason = self.performer.interrupted or late
        if reason:
            state.cut = reason
        return reason or ("the scenario is over" if state.finished else None)

    def _settle(self, execution: Execution, verdict: Verdict, result: Any) -> dict[str, Any]:
        """Record a step that is over, as failed where it was slower than its limit; the answer to it."""
        step, context, activity = execution.step, execution.context, execution.activity
        execution.measure(verdict.outcome)
        fatal = context.fatal and verdict.outcome in (FAILED, ERROR)
        limit_s = self._limits.of(step) if verdict.outcome == PASSED else None
        execution.starved = self.heartbeat.starved(execution.began, time.monotonic())
        if limit_s is not None and execution.duration_ms > limit_s * 1000 and not execution.starved:
            message = f"too slow: {execution.duration_ms / 1000:.3f} s, limit {limit_s:g} s"
            verdict = Verdict(FAILED, message, status=verdict.status)
        self.record(execution, verdict)
        self.scenarios.begin(step.scenario).answered = time.monotonic()
        return {
            "outcome": verdict.outcome,
            "message": verdict.message,
            "remedy": verdict.remedy,
            "fatal": fatal,
            "result": result,
            "duration_ms": round(execution.duration_ms, 3),
            "status": verdict.status,
            "held_s": activity.held_s,
            "figures": dict(context.figures),
            "began": activity.calls[0].began if activity.calls else execution.began,
        }


def _not_executed(reason: str) -> dict[str, Any]:
    return {"outcome": ERROR, "message": f"not executed: {reason}", "fatal": True, "result": None}


def _last_status(activity: Activity) -> int | None:
    last = activity.last_call()
    return last.status if last else None
