"""``missing``: runs that should have been and were not, seen from the next one that is.

That a run does not come can be noticed by no run: the watchdog does. This says of a run that came whether those
before it did, by the same rules (:mod:`stackprobe.watchdog`).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackprobe.outputs import wording
from stackprobe.results import Results
from stackprobe.service_levels import earlier
from stackprobe.service_levels.conditions.base import Condition, Judgement, Mistake
from stackprobe.service_levels.conditions.window import LONGEST_WINDOW_S, seconds, window
from stackprobe.service_levels.past import Need, Past
from stackprobe.service_levels.subject import Subject
from stackprobe.spans import span
from stackprobe.watchdog.expected import Expectation, Patience
from stackprobe.watchdog.gaps import gaps

KEYS = ("missing",)
ALSO = ("window",)
SUBJECTS = ("run", "scenario")
_WEEK_S = 7 * 86400.0


@dataclass(frozen=True)
class Missing(Condition):
    """Within the window, and up to this run, no two that judged are further apart than N + 0.5 intervals.

    A gap is bad until it has left the window: by then a damped rule has alarmed. No run is expected in planned
    maintenance, in which probing may pause.
    """

    every_s: float
    intervals: int
    window_s: float

    @property
    def scope(self) -> Hashable:
        return "missing", self.every_s, self.window_s

    @property
    def leniency(self) -> tuple[float, ...]:
        return (self.intervals,)

    def needs(self, subject: Subject) -> Iterable[Need]:
        return [earlier.tally_need(subject, self._look_back_s)]

    def judge(self, subject: Subject, results: Results, past: Past) -> Judgement:
        times = earlier.judged_at(subject, past, self._look_back_s)
        if past.blind:
            return Judgement(None, past.blind)
        if not times:
            return Judgement(None, f"cold start: no earlier run within {span(self._look_back_s)} has judged it")
        begin_t = int(results.start_t) - self.window_s
        before = [t for t in times if t < begin_t][-1:]  # the gap that reaches into the window begins with it
        within = [*before, *(float(t) for t in times if t >= begin_t), results.start_t]
        excused = sorted([*within, *self._excused(past.maintained, results.start_t)])
        found = gaps(excused, self.every_s, Patience(self.intervals).gap_s(self._expected))
        if not found:
            return Judgement(True, f"{wording.counted(len(within), 'run')} in {span(self.window_s)}, none is missing")
        worst = max(found, key=lambda gap: gap.missing)
        return Judgement(
            False,
            f"no run that judged it from {wording.moment(worst.from_t)} until {wording.moment(worst.until_t)}:"
            f" {wording.counted(worst.missing, 'run is', 'runs are')} missing, one is expected every"
            f" {span(self.every_s)}",
        )

    def _excused(self, maintained: Iterable[tuple[float, float]], until_t: float) -> Iterator[float]:
        """As many moments as runs would have been in these stretches."""
        for begin_t, end_t in maintained:
            for number in range(math.ceil((end_t - begin_t) / self.every_s) + 1):
                t = min(begin_t + number * self.every_s, end_t)
                if until_t - self._look_back_s <= t <= until_t:
                    yield t

    @property
    def _expected(self) -> Expectation:
        return Expectation("", None, self.every_s)

    @property
    def _look_back_s(self) -> float:
        """Far enough to find the run before a gap."""
        return min(max(self.window_s + self.every_s * (self.intervals + 2), _WEEK_S), LONGEST_WINDOW_S)


def read(given: Mapping[str, Any]) -> Condition:
    """Make it.

    :raises Mistake: it cannot be right.
    """
    part = given["missing"]
    try:
        every_s = seconds(part, "every")
    except Mistake as mistake:
        raise Mistake(("missing", *mistake.keys), mistake.message, mistake.remedy) from None
    if every_s is None:
        raise Mistake(("missing",), "`missing` lacks `every`", "say how often a run starts, as `every: 15m`")
    intervals = part.get("intervals", 2)
    patience, expected = Patience(intervals, window(given)), Expectation("", None, every_s)
    shortest_s = (intervals + 2) * every_s
    if shortest_s > LONGEST_WINDOW_S:
        message = f"this can never be bad: {intervals} intervals of {span(every_s)} are longer than anything is known"
        raise Mistake(("missing",), message, "make `every` or `intervals` smaller")
    if patience.window_s is not None and patience.window_s < shortest_s:
        raise Mistake(
            ("window",),
            f"this can never be bad: {intervals} missing runs do not fit into a window of {span(patience.window_s)}",
            f"give {span(shortest_s)} at least, or remove `window`",
        )
    return Missing(every_s, intervals, min(patience.window(expected), LONGEST_WINDOW_S))
