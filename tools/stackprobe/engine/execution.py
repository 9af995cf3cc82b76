"""A step on its way through the engine: since when, how long it took, and what is recorded of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import FAILED, PASSED, Verdict
from stackprobe.engine.recorder import Recorder
from stackprobe.engine.steps import Step, StepContext
from stackprobe.metricname import key_of


@dataclass
class Execution:
    """One step on its way.

    :param context: what it works with.
    :param began: when its time began, monotonic seconds.
    :param deadline_ms: how much time it had.
    :param scheduling_ms: from the scenario's previous answer until it arrived: time of Ansible, not of the cloud.
    :param starved: the runner was too busy to measure it.
    """

    step: Step
    context: StepContext
    began: float = field(default_factory=time.monotonic)
    deadline_ms: float | None = None
    scheduling_ms: float = 0.0
    starved: bool = False
    duration_ms: float = 0.0

    @property
    def activity(self) -> Activity:
        """What its requests belong to, with its deadline."""
        return self.context.activity

    def allow(self, deadline_s: float, ends: float) -> None:
        """Give it so much time, from its beginning.

        :param ends: the end of the run's time, monotonic seconds, which cuts it.
        """
        own_end = self.began + deadline_s
        self.activity.deadline = min(own_end, ends)
        self.activity.cut_by_run, self.activity.latest = ends < own_end, ends
        self.deadline_ms = deadline_s * 1000

    def elapsed_ms(self) -> float:
        """Milliseconds until now, without what the cap on requests held back."""
        return max(0.0, time.monotonic() - self.began - self.activity.held_s) * 1000

    def measure(self, outcome: str) -> None:
        """It is over: set its duration to what the step measured itself, else to what the cloud took where it passed
        with requests to it, else to all of its time."""
        measured = self.context.duration_ms
        if measured is None and outcome == PASSED:
            measured = self.activity.wire_ms()
        self.duration_ms = self.elapsed_ms() if measured is None else measured

    def record(self, recorder: Recorder, verdict: Verdict, limit_s: float | None) -> None:
        """Write the step and its checks to the journal."""
        step, context, activity = self.step, self.context, self.activity
        start_t = time.time() - (time.monotonic() - self.began)
        for checked in context.checks:
            recorder.write(
                "check",
                scenario=step.scenario,
                step=step.name,
                seq=activity.seq,
                check=checked.name,
                outcome=PASSED if checked.holds else FAILED,
                expected=checked.expected,
                actual=checked.actual,
            )
        last = activity.last_call()
        recorder.write(
            "step",
            scenario=step.scenario,
            step=step.name,
            key=key_of(step.name),
            zone=step.zone,
            kind=step.kind,
            seq=activity.seq,
            start_t=round(start_t, 6),
            outcome=verdict.outcome,
            duration_ms=round(self.duration_ms, 3),
            message=verdict.message or None,
            remedy=verdict.remedy,
            file=step.file,
            line=step.line,
            limit_ms=limit_s * 1000 if limit_s else None,
            deadline_ms=self.deadline_ms,
            retries=activity.retries() + context.resent,
            scheduling_ms=round(self.scheduling_ms, 3),
            starved=self.starved,
            precision_ms=context.precision_ms,
            polls=context.polls,
            figures={name: round(value, 3) for name, value in context.figures.items()},
            attachments=context.attachments or None,
            http_status=verdict.status,
            request_id=last.request_id if last else None,
        )
