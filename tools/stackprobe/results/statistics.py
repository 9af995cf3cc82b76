"""How durations are spread, by step and by call, over one or several runs.

The percentiles are nearest-rank, as in the metrics: the median of an even number of durations is the lower one of the
two in the middle. What the runner itself slowed down, and steps that erred or were skipped, have no duration here; they
are counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from stackprobe.results.model import Call, Results, Scenario, Step
from stackprobe.results.outcome import Outcome

#: Outcomes whose durations say something about the cloud: too slow is a failure, and its true time is what matters.
JUDGED = (Outcome.PASSED, Outcome.FAILED)

StepKey = tuple[str, str, str | None]
"""Scenario, key and zone: as metrics know a step."""

CallKey = tuple[str, str, str]
"""Service, method and resource."""


def percentile(ordered: Sequence[float], fraction: float) -> float:
    """The nearest-rank percentile of values in ascending order: always a value that was measured."""
    return ordered[max(math.ceil(fraction * len(ordered)), 1) - 1]


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations, milliseconds; None where there is none."""

    count: int = 0
    min_ms: float | None = None
    median_ms: float | None = None
    mean_ms: float | None = None
    p95_ms: float | None = None
    max_ms: float | None = None


@dataclass(slots=True)
class Tally:
    """Everything that was measured of one step, or of the calls of one kind.

    :ivar name: of a step as people read it; of calls the service.
    :ivar outcomes: of a step, how often it ended in which way.
    :ivar bad: steps that failed or erred; calls without a good answer.
    :ivar number: all of them, with those that have no duration here.
    :ivar precision_ms: of waits, how much longer than true a duration may be.
    """

    name: str
    durations_ms: list[float] = field(default_factory=list)
    outcomes: dict[Outcome, int] = field(default_factory=dict)
    bad: int = 0
    number: int = 0
    precision_ms: float = 0.0

    def spread(self) -> Spread:
        """How the durations are spread."""
        ordered = sorted(self.durations_ms)
        if not ordered:
            return Spread()
        return Spread(
            len(ordered),
            ordered[0],
            percentile(ordered, 0.5),
            math.fsum(ordered) / len(ordered),
            percentile(ordered, 0.95),
            ordered[-1],
        )


@dataclass
class Statistics:
    """Tallies by step, in the order of the runs, and by call, in the order of their names."""

    steps: dict[StepKey, Tally] = field(default_factory=dict)
    calls: dict[CallKey, Tally] = field(default_factory=dict)
    runs: int = 0

    def add(self, results: Results) -> None:
        """Take in one run."""
        self.runs += 1
        for suite in results.suites:
            self._add_steps(suite)
        for call in results.calls:
            self._add_call(call)
        self.calls = dict(sorted(self.calls.items(), key=lambda item: (item[0][0], item[0][2], item[0][1])))

    def _add_steps(self, suite: Scenario) -> None:
        for step in suite.steps:
            key = (suite.name, step.key, step.zone)
            tally = self.steps.get(key)
            if tally is None:
                tally = self.steps[key] = Tally(step.name)
            tally.number += 1
            tally.bad += step.outcome.is_bad
            tally.outcomes[step.outcome] = tally.outcomes.get(step.outcome, 0) + 1
            tally.precision_ms = max(tally.precision_ms, step.precision_ms or 0.0)
            if has_duration(step):
                tally.durations_ms.append(step.duration_ms)

    def _add_call(self, call: Call) -> None:
        key = (call.service, call.method, call.resource)
        tally = self.calls.get(key)
        if tally is None:
            tally = self.calls[key] = Tally(call.service)
        tally.number += 1
        tally.bad += call.is_bad
        if not call.starved:
            tally.durations_ms.append(call.duration_ms)


def has_duration(step: Step) -> bool:
    """Whether the duration of a step says something about the cloud."""
    return not step.starved and step.outcome in JUDGED


def statistics(runs: Iterable[Results]) -> Statistics:
    """The statistics of some runs; they are looked at one after the other, and none is kept."""
    found = Statistics()
    for results in runs:
        found.add(results)
    return found
