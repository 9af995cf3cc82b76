"""Which difference of two durations is worth a look: one rule, robust against a few odd values.

The medians must differ by at least 50 ms, by a quarter of the smaller one, by what the waits' own precision leaves
open, and, where both sides have at least five values, by three times the standard error of the difference of two
medians, taken from the median absolute deviation. With fewer values nobody knows how much a step varies by itself:
then they must differ by half of the smaller one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from stackprobe.results.statistics import percentile

LEAST_MS = 50.0
LEAST_SHARE = 0.25
LEAST_SHARE_OF_FEW = 0.5
#: Values that tell how much a step varies by itself.
ENOUGH = 5
#: Earlier values that tell what is usual for a single one.
ENOUGH_PAST = 10
_SHORTEST_MS = 0.01
_ERRORS = 3.0
#: From the median absolute deviation to the standard deviation, and from that to the standard error of a median.
_SIGMA, _OF_MEDIAN = 1.4826, 1.2533


def is_noticeable(a_ms: Sequence[float], b_ms: Sequence[float], precision_ms: float = 0.0) -> bool:
    """Whether the medians of two samples differ by more than chance and habit explain.

    :param a_ms: in ascending order, as ``b_ms``; a sample without values differs from nothing.
    :param precision_ms: how much longer than true a value may be.
    """
    if not a_ms or not b_ms:
        return False
    a, b = percentile(a_ms, 0.5), percentile(b_ms, 0.5)
    enough = min(len(a_ms), len(b_ms)) >= ENOUGH
    least = max(LEAST_MS, min(a, b) * (LEAST_SHARE if enough else LEAST_SHARE_OF_FEW), precision_ms)
    if enough:
        least = max(least, _ERRORS * math.hypot(_error(a_ms, a), _error(b_ms, b)))
    return abs(b - a) >= least


def is_unusual(value_ms: float, past_ms: Sequence[float], precision_ms: float = 0.0) -> bool:
    """Whether one duration lies further from the median of earlier ones than they themselves explain.

    It is none of those that were there before, and, on a logarithmic scale since durations have a long tail, lies more
    than three times σ from their median; of few values σ is uncertain, so that it counts for more.

    :param past_ms: in ascending order, at least `ENOUGH_PAST`.
    """
    median = percentile(past_ms, 0.5)
    least = max(LEAST_MS, min(value_ms, median) * LEAST_SHARE, precision_ms)
    if abs(value_ms - median) < least or past_ms[0] <= value_ms <= past_ms[-1]:
        return False
    deviations = sorted(_apart(value, median) for value in past_ms)
    sigma = _SIGMA * percentile(deviations, 0.5) * (1 + 2 / len(past_ms))
    return _apart(value_ms, median) >= _ERRORS * sigma


def _apart(one_ms: float, other_ms: float) -> float:
    """How far two durations are apart, as the logarithm of their ratio."""
    return abs(math.log(max(one_ms, _SHORTEST_MS) / max(other_ms, _SHORTEST_MS)))


def _error(ordered: Sequence[float], median: float) -> float:
    """The standard error of the median."""
    deviations = sorted(abs(value - median) for value in ordered)
    return _OF_MEDIAN * _SIGMA * percentile(deviations, 0.5) / math.sqrt(len(ordered))
