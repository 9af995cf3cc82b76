"""Executes steps: in time, attributed, judged and recorded, whatever they run into."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from concurrent import futures
from typing import Any

import openstack.connection

from stackprobe.engine import classify, performing
from stackprobe.engine.activity import Activity
from stackprobe.engine.attachments import Attachments
from stackprobe.engine.background import Background, gather
from stackprobe.engine.classify import ERROR, FAILED, PASSED, SKIPPED, Judge, StepError, Verdict
from stackprobe.engine.ledger import Ledger
from stackprobe.engine.limits import Limits
from stackprobe.engine.recorder import Recorder
from stackprobe.engine.spread import spread
from stackprobe.engine.ssh.connections import Connections
from stackprobe.engine.starvation import Heartbeat
from stackprobe.engine.state import ScenarioState, worst
from stackprobe.engine.steps import KINDS, Step, StepContext
from stackprobe.engine.steps.base import seconds
from stackprobe.engine.values import Values
from stackprobe.metricname import key_of

JOIN = "join"
"""The kind of step that waits for those in the background."""
RUN = "run"
"""The reserved scenario of steps that belong to the run itself."""
_WORTH_TELLING_S = 0.001
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
        self._write, self._tell = recorder.write, recorder.tell
        self.judge, self.ledger, self.values = judge, ledger, Values(hide)
        self._before_creation, self._poll_interval_s = before_creation, poll_interval_s
        self._attachments, self.connections = attachments, Connections()
        self._limits = Limits(within or {})
        self.heartbeat = Heartbeat()
        self.interrupted: str | None = None
        self._sequence = itertools.count(1)
        self._lock = threading.Lock()
        self._scenarios: dict[str, ScenarioState] = {}
        self._activities: dict[int, Activity] = {}
        self._waited_s: dict[str, float] = {}

    # --- scenarios

    def begin(self, scenario: str) -> ScenarioState:
        """The state of ``scenario``; its first mention is its start."""
        with self._lock:
            state = self._scenarios.get(scenario)
            if state is None:
                now = time.monotonic()
                state = self._scenarios[scenario] = ScenarioState(scenario, now, now)
                if scenario != RUN:
                    waited_s = self._waited_s.get(scenario, 0.0)
                    waited_ms = round(waited_s * 1000, 3) if waited_s > _WORTH_TELLING_S else None
                    self._write("scenario_start", scenario=scenario, waited_ms=waited_ms)
            return state

    def state(self, scenario: str) -> ScenarioState | None:
        return self._scenarios.get(scenario)

    def end(self, scenario: str, problem: str | None = None) -> str:
        """Close ``scenario`` after its teardown and return its outcome.

        :param problem: what ended it before its time without a step of its own that says so; makes it an ``error``.
        """
        state = self.begin(scenario)
        with self._lock:
            if state.finished:
                return worst(state.outcomes)
            state.finished = True
        problem = problem or (f"unfinished: {state.cut}" if state.cut else None)
        if problem:
            state.outcomes.append(ERROR)
            state.messages.append(problem)
        now = time.monotonic()
        duration_s, limit_s = now - state.began, self._limits.total(scenario)
        if limit_s is not None and duration_s - self.heartbeat.lost_s(state.began, now) > limit_s:
            state.outcomes.append(FAILED)
            state.messages.append(f"the whole scenario was too slow: {duration_s:.3f} s, limit {limit_s:g} s")
        outcome = worst(state.outcomes) if state.outcomes else ERROR
        message = "; ".join(state.messages) or (None if state.outcomes else "no step was executed: nothing was proven")
        self._write(
            "scenario_end",
            scenario=scenario,
            outcome=outcome,
            duration_ms=duration_s * 1000,
            limit_ms=limit_s * 1000 if limit_s else None,
            message=message,
        )
        return outcome

    def skip(self, scenario: str, reason: str, outcome: str = SKIPPED, remedy: str | None = None) -> None:
        """Close ``scenario`` before its first step: its precondition is absent (or, as ``failed``, was promised; or, as
        ``error``, is for the operator to make good)."""
        state = self.begin(scenario)
        if state.finished:
            return
        step = Step("plan", scenario, "Precondition", {})
        verdict = Verdict(outcome, reason, remedy)
        self.record(step, next(self._sequence), verdict, Activity(time.monotonic()), time.time(), 0.0)
        state.messages.append(reason)
        state.skipped = True
        self.end(scenario)

    def waited(self, scenario: str, seconds: float) -> None:
        """``scenario`` begins only now: it waited so long for its turn."""
        self._waited_s[scenario] = seconds

    def tell_waiting(self, scenario: str, missing: str) -> None:
        """Tell whoever watches what ``scenario`` waits for."""
        self._tell({"type": "waiting", "scenario": scenario, "missing": missing})

    def reject(self, step: Step, message: str) -> None:
        """Record as an error that ``step`` was not executed since it could not even be read."""
        verdict = Verdict(ERROR, message)
        self.record(step, next(self._sequence), verdict, Activity(time.monotonic()), time.time(), 0.0)

    # --- steps

    def execute(self, step: Step) -> dict[str, Any]:
        """Execute ``step`` and record it. Never raises; the answer says what happened:

        ``outcome``, ``message``, ``fatal`` (the scenario cannot go on), ``result``, ``duration_ms``, ``status``,
        ``began`` (s on this engine's clock: when it, or its first request, began).
        """
        if step.kind == JOIN:
            return self._join(step)
        if _is_true(step.arguments.get("background")):
            return self._in_background(step)
        return self._execute(step)

    def _in_background(self, step: Step) -> dict[str, Any]:
        """Begin ``step`` and answer at once; the next join tells how it went."""
        name, began = f"{step.scenario}: background", time.monotonic()
        self.begin(step.scenario).background.append(Background(step.zone, name, lambda: self._execute(step)))
        return {
            "outcome": PASSED,
            "message": "goes on in the background",
            "fatal": False,
            "result": None,
            "began": began,
        }

    def _join(self, step: Step) -> dict[str, Any]:
        """Wait until the steps in the background (those of a zone, or all) are over; answer with their worst.

        With ``measure`` it is a step of its own when all went well, from the first one's beginning to the last one's
        end; ``spread`` then tells how figures of theirs lie. With ``keep`` the next join looks at them again. With
        ``give_up`` one that goes wrong ends the others of its zone.
        """
        state = self.begin(step.scenario)
        chosen = [one for one in state.background if step.zone in (None, one.zone)]
        give_up = _is_true(step.arguments.get("give_up"))
        answers = gather(chosen, lambda zone: self._give_up(step.scenario, zone) if give_up else None)
        if not _is_true(step.arguments.get("keep")):
            state.background = [one for one in state.background if one not in chosen]
        state.answered = time.monotonic()
        bad = [one for one in answers if one["fatal"]]
        if not bad and chosen and _is_true(step.arguments.get("measure")):
            return self._measured(step, chosen)
        worst_of_all = bad[0] if bad else {"outcome": PASSED, "message": "", "fatal": False}
        results = [{"zone": one.zone, **_in_short(one.answer.result())} for one in chosen]
        wrong = [one.zone for one in chosen if one.answer.result()["fatal"]]
        return {**worst_of_all, "result": {"wrong_zones": wrong, "results": results}}

    def _measured(self, step: Step, joined: list[Background]) -> dict[str, Any]:
        began, ended = Background.span(joined)
        activity = Activity(began, step.scenario, step.name, next(self._sequence))
        context = StepContext(self.connection, activity, self.ledger, self.values, self.own_prefix, self.connections)
        context.duration_ms = (ended - began) * 1000
        verdict = Verdict(PASSED, "")
        try:
            measured = [one.answer.result().get("figures") or {} for one in joined]
            context.figures = spread(step.arguments.get("spread"), measured)
        except StepError as error:
            verdict = Verdict(ERROR, str(error))
        result = {"wrong_zones": [], "figures": {name: round(value, 3) for name, value in context.figures.items()}}
        return self._settle(step, activity, context, verdict, result, began, None, 0.0)

    def _give_up(self, scenario: str, zone: str | None) -> None:
        """End what is under way in the background in a zone."""
        with self._lock:
            activities = [one for one in self._activities.values() if (one.scenario, one.zone) == (scenario, zone)]
        for activity in activities:
            activity.abort(classify.GIVEN_UP)

    def abandon(self, scenario: str) -> None:
        """End what is still going on in the background of a scenario that is over: nobody wants it any more."""
        background = [one.answer for one in self.begin(scenario).background]
        while futures.wait(background, timeout=0.0).not_done:
            with self._lock:
                activities = [one for one in self._activities.values() if one.scenario == scenario]
            for activity in activities:
                activity.abort(classify.ABANDONED)
            futures.wait(background, timeout=0.1)

    def _execute(self, step: Step) -> dict[str, Any]:
        arrived = time.monotonic()
        state = self.begin(step.scenario)
        scheduling_ms = max(0.0, arrived - state.answered) * 1000
        if reason := self._over(state):
            return _not_executed(reason)
        kind = KINDS.get(step.kind)
        activity = Activity(arrived, step.scenario, step.name, next(self._sequence), zone=step.zone)
        context = StepContext(
            self.connection,
            activity,
            self.ledger,
            self.values,
            self.own_prefix,
            self.connections,
            poll_interval_s=self._poll_interval_s,
        )
        try:
            if kind is None:
                raise StepError(f"there is no kind of step `{step.kind}`")
            kind.validate(step.arguments)
            deadline_s = seconds(step.arguments, "deadline", kind.default_deadline_s) or kind.default_deadline_s
            if step.arguments.get("skip"):
                skipped = Verdict(SKIPPED, str(step.arguments["skip"]))
                return self._settle(step, activity, context, skipped, None, arrived, 0.0, scheduling_ms)
            if step.arguments.get("creates"):
                self._before_creation()
                if reason := self._over(state):
                    return _not_executed(reason)
                arrived = time.monotonic()
            activity.deadline = min(arrived + deadline_s, self.ends)
            activity.cut_by_run, activity.latest = activity.deadline < arrived + deadline_s, self.ends
        except StepError as error:
            return self._settle(step, activity, context, Verdict(ERROR, str(error)), None, arrived, 0.0, scheduling_ms)
        self._tell({"type": "step_start", "scenario": step.scenario, "step": step.name})
        result, verdict = self.perform(activity, lambda: kind().run(context, step), stoppable=True)
        result = context.found if verdict is not None and result is None else result
        verdict = (
            verdict
            or self.judge.malformed(activity)
            or Verdict(PASSED, "", status=context.http_status or _last_status(activity))
        )
        if verdict.outcome == FAILED and context.evidence is not None:
            if context.duration_ms is None:
                context.duration_ms = max(0.0, time.monotonic() - arrived - activity.held_s) * 1000
            verdict = self._explained(step, activity, context, verdict)
        return self._settle(step, activity, context, verdict, result, arrived, deadline_s * 1000, scheduling_ms)

    def _explained(self, step: Step, activity: Activity, context: StepContext, verdict: Verdict) -> Verdict:
        """The verdict with the step's evidence, for which there is a time of its own."""
        now = time.monotonic()
        aside = Activity(min(now + _EVIDENCE_S, max(self.ends, now + 1.0)), step.scenario, step.name, activity.seq)
        found, _ = self.perform(aside, lambda: context.evidence and context.evidence(aside), stoppable=True)
        names = [step.scenario, key_of(step.name), *([step.zone] if step.zone else [])]
        return found.added(verdict, names, self._attachments, context.attachments) if found else verdict

    def _over(self, state: ScenarioState) -> str | None:
        """Why no step of a scenario is executed any more."""
        reason = self.interrupted or ("the run's time is over" if time.monotonic() >= self.ends else None)
        if reason:
            state.cut = reason
        return reason or ("the scenario is over" if state.finished else None)

    def perform(
        self, activity: Activity, work: Callable[[], Any], *, stoppable: bool = False
    ) -> tuple[Any, Verdict | None]:
        """Run ``work`` in a thread of its own within the activity's time; its result, or the verdict on its failure.

        :param stoppable: ends, or does not even begin, when the run is interrupted; teardown goes on.
        """
        number = id(activity)
        if stoppable:
            with self._lock:
                self._activities[number] = activity
                if self.interrupted:
                    activity.abort(self.interrupted)
        try:
            return performing.perform(activity, work, self.judge)
        finally:
            with self._lock:
                self._activities.pop(number, None)

    def interrupt(self, reason: str) -> None:
        """End every step that is under way and accept no more; teardown still works."""
        self.interrupted = self.interrupted or reason
        with self._lock:
            activities = list(self._activities.values())
        for activity in activities:
            activity.abort(reason)

    def next_sequence(self) -> int:
        return next(self._sequence)

    def _settle(
        self,
        step: Step,
        activity: Activity,
        context: StepContext,
        verdict: Verdict,
        result: Any,
        arrived: float,
        deadline_ms: float | None,
        scheduling_ms: float,
    ) -> dict[str, Any]:
        now = time.monotonic()
        duration_ms = context.duration_ms
        if duration_ms is None:
            wire_ms = activity.wire_ms() if verdict.outcome == PASSED else None
            duration_ms = wire_ms if wire_ms is not None else max(0.0, now - arrived - activity.held_s) * 1000
        fatal = context.fatal and verdict.outcome in (FAILED, ERROR)
        limit_s = self._limits.of(step) if verdict.outcome == PASSED else None
        starved = self.heartbeat.starved(arrived, now)
        if limit_s is not None and duration_ms > limit_s * 1000 and not starved:
            verdict = Verdict(
                FAILED, f"too slow: {duration_ms / 1000:.3f} s, limit {limit_s:g} s", status=verdict.status
            )
        self.record(
            step,
            activity.seq or 0,
            verdict,
            activity,
            time.time() - (now - arrived),
            duration_ms,
            deadline_ms=deadline_ms,
            scheduling_ms=scheduling_ms,
            starved=starved,
            context=context,
        )
        state = self.begin(step.scenario)
        state.answered = time.monotonic()
        return {
            "outcome": verdict.outcome,
            "message": verdict.message,
            "remedy": verdict.remedy,
            "fatal": fatal,
            "result": result,
            "duration_ms": round(duration_ms, 3),
            "status": verdict.status,
            "held_s": activity.held_s,
            "figures": dict(context.figures),
            "began": activity.calls[0].began if activity.calls else arrived,
        }

    def record(
        self,
        step: Step,
        seq: int,
        verdict: Verdict,
        activity: Activity,
        start_t: float,
        duration_ms: float,
        *,
        deadline_ms: float | None = None,
        scheduling_ms: float = 0.0,
        starved: bool = False,
        context: StepContext | None = None,
    ) -> None:
        """Write a step and its checks to the journal, and count its outcome for its scenario."""
        self.begin(step.scenario).outcomes.append(verdict.outcome)
        last = activity.last_call()
        limit_s = self._limits.of(step) if verdict.outcome != ERROR else None
        for checked in context.checks if context else []:
            self._write(
                "check",
                scenario=step.scenario,
                step=step.name,
                seq=seq,
                check=checked.name,
                outcome=PASSED if checked.holds else FAILED,
                expected=checked.expected,
                actual=checked.actual,
            )
        self._write(
            "step",
            scenario=step.scenario,
            step=step.name,
            key=key_of(step.name),
            zone=step.zone,
            kind=step.kind,
            seq=seq,
            start_t=round(start_t, 6),
            outcome=verdict.outcome,
            duration_ms=round(duration_ms, 3),
            message=verdict.message or None,
            remedy=verdict.remedy,
            file=step.file,
            line=step.line,
            limit_ms=limit_s * 1000 if limit_s else None,
            deadline_ms=deadline_ms,
            retries=activity.retries() + (context.resent if context else 0),
            scheduling_ms=round(scheduling_ms, 3),
            starved=starved,
            precision_ms=context.precision_ms if context else None,
            polls=context.polls if context else None,
            figures={name: round(value, 3) for name, value in context.figures.items()} if context else None,
            attachments=context.attachments or None if context else None,
            http_status=verdict.status,
            request_id=last.request_id if last else None,
        )


def _is_true(argument: Any) -> bool:
    return str(argument or "false").lower() != "false"


def _not_executed(reason: str) -> dict[str, Any]:
    return {"outcome": ERROR, "message": f"not executed: {reason}", "fatal": True, "result": None}


def _in_short(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of an answer where there are many."""
    return {name: answer.get(name) for name in ("outcome", "duration_ms", "result")}


def _last_status(activity: Activity) -> int | None:
    last = activity.last_call()
    return last.status if last else None


__all__ = ["ERROR", "FAILED", "PASSED", "RUN", "SKIPPED", "Engine", "ScenarioState", "classify", "worst"]
