"""``baseline``: how far from the cloud's own normal something may be.

Normal is the median of earlier runs, and their spread the median absolute deviation, which few outliers do not move.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stackprobe.outputs import wording
from stackprobe.results import Results
from stackprobe.service_levels import earlier
from stackprobe.service_levels.conditions.base import Condition, Judgement, Mistake
from stackprobe.service_levels.figures import NORMAL, Weighted, median_and_mad, statistic
from stackprobe.service_levels.past import Need, Past
from stackprobe.service_levels.subject import Subject

KEYS = ("baseline",)
ALSO = ()
SUBJECTS = ("step", "scenario", "calls", "run")

DAYS = 7
DEVIATIONS = 4.0
MINIMUM = 20
DEVIATION_MS = 100.0
DEVIATION_RATIO = 0.25


@dataclass(frozen=True)
class Baseline(Condition):
    """Not slower than the median of earlier runs, plus the greatest of three: so many standard deviations as the
    median absolute deviation stands for, so many milliseconds, and such a share of the median."""

    days: int
    deviations: float
    minimum: int
    deviation_ms: float
    deviation_ratio: float

    @property
    def scope(self) -> Hashable:
        return "baseline", self.days, self.deviation_ms, self.deviation_ratio

    @property
    def leniency(self) -> tuple[float, ...]:
        return (self.deviations,)

    @property
    def _window_s(self) -> float:
        return self.days * 86400.0

    def needs(self, subject: Subject) -> Iterable[Need]:
        return [earlier.durations_need(subject, self._window_s)]

    def judge(self, subject: Subject, results: Results, past: Past) -> Judgement:
        now = subject.durations_ms(results)
        if not now:
            return Judgement(None, f"this run has no duration of {subject.text}")
        values = [one.value for one in earlier.by_run(subject, past, self._window_s)]
        if past.blind:
            return Judgement(None, past.blind)
        if len(values) < self.minimum:
            have = f"{len(values)} of at least {self.minimum} earlier runs in {self.days} days"
            return Judgement(None, f"cold start: {have}")
        value = statistic("mean", [Weighted(one) for one in now])
        median, mad = median_and_mad(values)
        spread = max(self.deviations * NORMAL * mad, self.deviation_ms, self.deviation_ratio * median)
        return Judgement(
            value <= median + spread,
            f"took {wording.duration(value)}, normal is {wording.duration(median)} and up to"
            f" {wording.duration(median + spread)} (median and spread of {len(values)} runs in {self.days} days)",
        )


def read(given: Mapping[str, Any]) -> Condition:
    """Make it.

    :raises Mistake: it cannot be right.
    """
    part = given["baseline"]
    minimum, days = part.get("minimum", MINIMUM), part.get("days", DAYS)
    if minimum > days * 24 * 60:
        raise Mistake(
            ("baseline", "minimum"),
            f"this can never be bad: {days} days never have {minimum} runs",
            "make `minimum` smaller",
        )
    return Baseline(
        days,
        float(part.get("deviations", DEVIATIONS)),
        minimum,
        float(part.get("deviation_ms", DEVIATION_MS)),
        float(part.get("deviation_ratio", DEVIATION_RATIO)),
    )
