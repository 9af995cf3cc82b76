"""What statsd writes to Graphite for events of one flush, so that figures can go to carbon without one.

After statsd 0.9 (``lib/process_metrics.js``, and ``backends/graphite.js`` without its legacy namespace) and its
defaults: a flush every ten seconds, the threshold 90. All events of a run are one flush.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

#: statsd's own default, and the finest step of a Graphite that it feeds, seconds.
FLUSH_S = 10
_THRESHOLD = 90


class Statsd:
    """Takes events as a client of statsd sends them, and tells what it would have written."""

    def __init__(self) -> None:
        self._counters: Counter[str] = Counter()
        self._timers: dict[str, list[float]] = defaultdict(list)

    def count(self, key: str, by: int = 1) -> None:
        """``key:by|c``. By 0: a counter that was seen before, which statsd goes on writing."""
        self._counters[key] += by

    def time(self, key: str, duration_ms: float) -> None:
        """``key:duration|ms``."""
        self._timers[key].append(duration_ms)

    def written(self, prefix: str) -> Iterator[tuple[str, float]]:
        """Name and value of every series; no name stands twice."""
        for key, count in self._counters.items():
            yield f"{prefix}.counters.{key}.rate", count / FLUSH_S
            yield f"{prefix}.counters.{key}.count", count
        for key, durations in self._timers.items():
            for leaf, value in aggregates(durations):
                yield f"{prefix}.timers.{key}.{leaf}", value


def aggregates(durations: Sequence[float]) -> Iterator[tuple[str, float]]:
    """The aggregates of a timer, of one duration or more. Sums run upwards, as statsd's: the last digit agrees."""
    values = sorted(durations)
    count = len(values)
    sums = list(itertools.accumulate(values))
    squares = list(itertools.accumulate(value * value for value in values))
    within = math.floor(_THRESHOLD / 100 * count + 0.5) if count > 1 else 1  # JavaScript rounds halves up
    mean = sums[-1] / count
    spread = 0.0
    for value in values:
        spread += (value - mean) * (value - mean)
    middle = count // 2
    yield f"count_{_THRESHOLD}", within
    yield f"mean_{_THRESHOLD}", sums[within - 1] / within
    yield f"upper_{_THRESHOLD}", values[within - 1]
    yield f"sum_{_THRESHOLD}", sums[within - 1]
    yield f"sum_squares_{_THRESHOLD}", squares[within - 1]
    yield "std", math.sqrt(spread / count)
    yield "upper", values[-1]
    yield "lower", values[0]
    yield "count", count
    yield "count_ps", count / FLUSH_S
    yield "sum", sums[-1]
    yield "sum_squares", squares[-1]
    yield "mean", mean
    yield "median", values[middle] if count % 2 else (values[middle - 1] + values[middle]) / 2
