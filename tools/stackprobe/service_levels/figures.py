"""Statistics that stand outliers: percentiles of weighted values, median and median absolute deviation."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

STATISTICS = r"max|mean|median|p[1-9][0-9]?(\.[0-9])?"
"""What can be made of several values: a percentile is ``p95`` or ``p99.9``."""

NORMAL = 1.4826
"""A median absolute deviation times this is the standard deviation, where values are normally distributed."""


@dataclass(frozen=True)
class Weighted:
    """A value that stands for so many measurements."""

    value: float
    weight: float = 1.0


def statistic(name: str, values: Iterable[Weighted]) -> float:
    """What ``name`` makes of the values, of which there is one at least; a percentile is a value that was measured.

    :raises ValueError: there is no such statistic.
    """
    ordered = sorted(values, key=lambda one: one.value)
    if name == "max":
        return ordered[-1].value
    whole = math.fsum(one.weight for one in ordered)
    if name == "mean":
        return math.fsum(one.value * one.weight for one in ordered) / whole
    return _percentile(ordered, fraction_of(name) * whole)


def fraction_of(name: str) -> float:
    """0.95 of ``p95``, 0.5 of ``median``, 1 of ``max``.

    :raises ValueError: it is no percentile.
    """
    if not re.fullmatch(STATISTICS, name) or name == "mean":
        raise ValueError(f"{name!r} is no percentile")
    return {"median": 0.5, "max": 1.0}.get(name) or float(name[1:]) / 100


def median_and_mad(values: Sequence[float]) -> tuple[float, float]:
    """The median, and the median of the distances from it."""
    middle = _median(values)
    return middle, _median([abs(value - middle) for value in values])


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _percentile(ordered: Sequence[Weighted], rank: float) -> float:
    passed = 0.0
    for one in ordered:
        passed += one.weight
        if passed >= rank - 1e-9:
            return one.value
    return ordered[-1].value
