"""``within_s`` or ``limit_ms``: how long something may take, in one run or over a window."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stackprobe.outputs import wording
from stackprobe.results import Results
from stackprobe.service_levels import earlier
from stackprobe.service_levels.conditions.base import Condition, Judgement, Mistake
from stackprobe.service_levels.conditions.window import DEFAULT_MINIMUM, over, too_few, window
from stackprobe.service_levels.figures import Weighted, statistic
from stackprobe.service_levels.past import Need, Past
from stackprobe.service_levels.subject import Subject

KEYS = ("within_s", "limit_ms")
ALSO = ("statistic", "window", "minimum")
SUBJECTS = ("step", "scenario", "calls", "run")


@dataclass(frozen=True)
class Duration(Condition):
    """The statistic of what was measured is at most the limit."""

    limit_ms: float
    statistic: str
    window_s: float | None
    minimum: int

    @property
    def scope(self) -> Hashable:
        return "duration", self.statistic, self.window_s

    @property
    def leniency(self) -> tuple[float, ...]:
        return (self.limit_ms,)

    def never_bad(self, deadline_s: float) -> str | None:
        if self.limit_ms < deadline_s * 1000:
            return None
        return f"this can never be bad: a run, and all that is in it, is over after {deadline_s:g} s"

    def needs(self, subject: Subject) -> Iterable[Need]:
        return [] if self.window_s is None else [earlier.durations_need(subject, self.window_s)]

    def judge(self, subject: Subject, results: Results, past: Past) -> Judgement:
        now = subject.durations_ms(results)
        if not now:
            return Judgement(None, f"this run has no duration of {subject.text}")
        values = [Weighted(one) for one in now]
        count = f"{len(values)} values"
        if self.window_s is not None:
            before = earlier.durations(subject, past, self.window_s, self.statistic)
            if past.blind:
                return Judgement(None, past.blind)
            runs = 1 + len({one.t for one in earlier.by_run(subject, past, self.window_s)})
            if runs < self.minimum:
                return too_few(runs, self.minimum, self.window_s, "runs")
            values += before
            count = wording.counted(runs, "run")
        value = statistic(self.statistic, values)
        what = self.statistic if len(values) > 1 else "took"
        more = f" ({count})" if len(values) > 1 else ""
        return Judgement(
            value <= self.limit_ms,
            f"{what} {wording.duration(value)} {over(self.window_s)}, {wording.duration(self.limit_ms)} allowed{more}",
        )


def read(given: Mapping[str, Any]) -> Condition:
    """Make it.

    :raises Mistake: it cannot be right.
    """
    if "within_s" in given and "limit_ms" in given:
        raise Mistake(("limit_ms",), "`within_s` and `limit_ms` say the same", "keep one of them")
    key = "within_s" if "within_s" in given else "limit_ms"
    limit_ms = float(given[key]) * (1000 if key == "within_s" else 1)
    if limit_ms <= 0:
        raise Mistake((key,), "this would always be bad: nothing takes no time")
    return Duration(limit_ms, str(given.get("statistic", "max")), window(given), given.get("minimum", DEFAULT_MINIMUM))
