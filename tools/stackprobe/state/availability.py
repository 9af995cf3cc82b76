"""How much of the time a service was available, and what is left of its error budget.

A run stands for the time until the next one of the same scenario, two and a half intervals at most: after that nothing
is known. Of several scenarios that tell of one service at a moment, the worst counts; of repetitions, the share that
failed. Planned maintenance is cut out, and what is not known is neither available nor not::

    availability = 1 - bad time / known time
    coverage     = known time / (window - maintenance)
    error budget = (window - maintenance) * (1 - objective)
    left of it   = 1 - bad time / error budget

That is the time-based availability of Google's SRE book (chapter 3, ``uptime / (uptime + downtime)``), measured by
probes. Verdicts are not damped here: a blip alarms nobody, but the customer who met it was there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

from stackprobe.maintenance import Stretches
from stackprobe.state.model import Availability, Judgement, Level, Signal

Change = tuple[float, int, float | None]


class Timeline:
    """The known and the bad time of one service, unix seconds.

    :param signals: those that tell of it.
    :param maintained: its maintenance.
    :param now_t: nothing is known of what comes after.
    """

    def __init__(self, signals: Sequence[Signal], maintained: Stretches, now_t: float) -> None:
        self._maintained = maintained
        changes = [change for index, one in enumerate(signals) for change in _changes(index, one, now_t)]
        self._times: list[float] = []
        self._bad: list[float | None] = []  # from its time until the next one
        self._cut(sorted(changes, key=lambda change: change[0]))
        self._known_s, self._bad_s = [0.0], [0.0]
        for (from_t, until_t), bad in zip(pairwise(self._times), self._bad, strict=False):
            known_s = 0.0 if bad is None else until_t - from_t
            self._known_s.append(self._known_s[-1] + known_s)
            self._bad_s.append(self._bad_s[-1] + known_s * (bad or 0.0))

    def within(self, from_t: float, until_t: float) -> Availability:
        """The availability in a window of time."""
        known_s, bad_s = self._between(from_t, until_t)
        maintained_s = 0.0
        for begin_t, end_t in self._maintained.within(from_t, until_t):
            known, bad = self._between(begin_t, end_t)
            known_s, bad_s, maintained_s = known_s - known, bad_s - bad, maintained_s + end_t - begin_t
        return Availability(until_t - from_t, maintained_s, max(known_s, 0.0), max(bad_s, 0.0))

    def _cut(self, changes: Sequence[Change]) -> None:
        """Where the worst of all signals changes."""
        current: dict[int, float] = {}
        for position, (t, index, bad) in enumerate(changes):
            if bad is None:
                current.pop(index, None)
            else:
                current[index] = bad
            if position + 1 < len(changes) and changes[position + 1][0] == t:
                continue
            worst = max(current.values()) if current else None
            if not self._bad or self._bad[-1] != worst:
                self._times.append(t)
                self._bad.append(worst)

    def _between(self, from_t: float, until_t: float) -> tuple[float, float]:
        known, bad = self._until(until_t)
        known_before, bad_before = self._until(from_t)
        return known - known_before, bad - bad_before

    def _until(self, t: float) -> tuple[float, float]:
        """Known and bad seconds until a moment."""
        index = bisect_right(self._times, t) - 1
        if index < 0:
            return 0.0, 0.0
        bad = self._bad[index]
        known_s = 0.0 if bad is None else t - self._times[index]
        return self._known_s[index] + known_s, self._bad_s[index] + known_s * (bad or 0.0)


def _changes(index: int, signal: Signal, now_t: float) -> Iterable[Change]:
    judged = [one for one in signal.judgements if one.bad is not None and one.t <= now_t]
    for position, one in enumerate(judged):
        next_t = judged[position + 1].t if position + 1 < len(judged) else now_t
        yield one.t, index, _bad(signal, one)
        if one.t + signal.stale_s < next_t or position + 1 == len(judged):
            yield min(one.t + signal.stale_s, next_t), index, None


def _bad(signal: Signal, judgement: Judgement) -> float:
    """The share of bad time that a judgement stands for; of a rule: all, while it is in alarm and that means down."""
    if signal.rule:
        return float(judgement.level is Level.DOWN)
    return judgement.bad or 0.0
