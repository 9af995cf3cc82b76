"""What the engine remembers of scenarios while they run, and what becomes of them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from stackprobe.engine.background import Background
from stackprobe.engine.classify import ERROR, FAILED, PASSED, SKIPPED
from stackprobe.engine.limits import Limits
from stackprobe.engine.recorder import Recorder
from stackprobe.engine.starvation import Heartbeat

RUN = "run"
"""The reserved scenario of steps that belong to the run itself."""
_WORTH_TELLING_S = 0.001


@dataclass
class ScenarioState:
    """What is known of one scenario (or of one repetition of it) while it runs.

    ``began`` and ``answered`` are monotonic seconds.
    """

    name: str
    began: float
    answered: float
    outcomes: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    finished: bool = False
    skipped: bool = False
    """It was closed before its first step, and so are all its repetitions."""
    cut: str | None = None
    """Why its remaining steps are not executed."""
    failed_at: str | None = None
    """File and line of the last task that failed and is no step."""
    stopped_by_step: bool = False
    """Its last step says itself why the scenario could not go on."""
    fatal_steps: set[str] = field(default_factory=set)
    """Names of all steps that said so; of a loop, Ansible names the task once more when all its items are through."""
    background: list[Background] = field(default_factory=list)
    """The steps that go on beside the others."""


class Scenarios:
    """The scenarios of a run (each repetition is one), from their beginning to their end."""

    def __init__(self, recorder: Recorder, limits: Limits, heartbeat: Heartbeat) -> None:
        self._recorder, self._limits, self._heartbeat = recorder, limits, heartbeat
        self._lock = threading.Lock()
        self._states: dict[str, ScenarioState] = {}
        self._waited_s: dict[str, float] = {}

    def begin(self, scenario: str) -> ScenarioState:
        """The state of ``scenario``; its first mention is its start."""
        with self._lock:
            state = self._states.get(scenario)
            if state is None:
                now = time.monotonic()
                state = self._states[scenario] = ScenarioState(scenario, now, now)
                if scenario != RUN:
                    waited_s = self._waited_s.get(scenario, 0.0)
                    waited_ms = round(waited_s * 1000, 3) if waited_s > _WORTH_TELLING_S else None
                    self._recorder.write("scenario_start", scenario=scenario, waited_ms=waited_ms)
            return state

    def find(self, scenario: str) -> ScenarioState | None:
        """The state of ``scenario``, if it has begun."""
        return self._states.get(scenario)

    def finished(self, scenario: str) -> bool:
        """Whether ``scenario`` has ended."""
        state = self.find(scenario)
        return state is not None and state.finished

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
        if limit_s is not None and duration_s - self._heartbeat.lost_s(state.began, now) > limit_s:
            state.outcomes.append(FAILED)
            state.messages.append(f"the whole scenario was too slow: {duration_s:.3f} s, limit {limit_s:g} s")
        outcome = worst(state.outcomes) if state.outcomes else ERROR
        message = "; ".join(state.messages) or (None if state.outcomes else "no step was executed: nothing was proven")
        self._recorder.write(
            "scenario_end",
            scenario=scenario,
            outcome=outcome,
            duration_ms=duration_s * 1000,
            limit_ms=limit_s * 1000 if limit_s else None,
            message=message,
        )
        return outcome

    def waits(self, scenario: str, missing: str) -> None:
        """Tell whoever watches what ``scenario`` waits for."""
        self._recorder.tell({"type": "waiting", "scenario": scenario, "missing": missing})

    def waited(self, scenario: str, seconds: float) -> None:
        """``scenario`` begins only now: it waited so long for its turn."""
        self._waited_s[scenario] = seconds


def worst(outcomes: list[str]) -> str:
    """The outcome of a whole: failed before error before passed; skipped only when nothing else happened."""
    return next((one for one in (FAILED, ERROR, PASSED) if one in outcomes), SKIPPED)
