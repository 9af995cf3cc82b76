"""Latency over time as a picture of inline SVG: the median of each stretch as a line, least and most as a band."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from stackprobe.history.model import Sample
from stackprobe.outputs.wording import duration
from stackprobe.results.statistics import percentile

SPAN_S = 7 * 86400.0
"""What a graph shows (s)."""
BUCKETS = 84
WIDTH, HEIGHT = 420, 96
_ROUND = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)
_MINUTE_MS = 60_000.0


@dataclass(frozen=True)
class Graph:
    """One graph.

    :ivar name: of the scenario.
    :ivar line: a path of SVG; ``band`` another one.
    :ivar top: what the upper edge stands for, in words.
    :ivar summary: the figures, in words.
    """

    name: str
    line: str
    band: str
    top: str
    summary: str


def graph(name: str, samples: Sequence[Sample], now_t: float) -> Graph | None:
    """The graph of durations (ms); None where there is no value.

    :param samples: in the order of time.
    """
    since_t = now_t - SPAN_S
    known = [one for one in samples if since_t <= one.t <= now_t]
    if not known:
        return None
    buckets: dict[int, list[float]] = {}
    for one in known:
        buckets.setdefault(min(int((one.t - since_t) / SPAN_S * BUCKETS), BUCKETS - 1), []).append(one.value)
    top = _round_up(max(one.value for one in known))
    ordered = sorted(one.value for one in known)
    summary = (
        f"median {duration(statistics.median(ordered))}, 95 % in {duration(percentile(ordered, 0.95))}, "
        f"last {duration(known[-1].value)}"
    )
    stretches = _stretches(sorted(buckets))
    return Graph(
        name,
        line=" ".join(_line(stretch, buckets, top) for stretch in stretches),
        band=" ".join(_band(stretch, buckets, top) for stretch in stretches),
        top=duration(top),
        summary=summary,
    )


def _round_up(value: float) -> float:
    """The next round number; milliseconds."""
    if value <= 0:
        return 1.0
    if value > _MINUTE_MS:
        return _MINUTE_MS * _round_up(value / _MINUTE_MS)
    power = 10.0 ** math.floor(math.log10(value))
    return next(one * power for one in _ROUND if one * power >= value * 0.9999)


def _stretches(indexes: Sequence[int]) -> list[list[int]]:
    """Neighbouring buckets together; a gap of more than two hours in a row of data stays a gap when it is four."""
    found: list[list[int]] = []
    for index in indexes:
        if found and index - found[-1][-1] <= 2:
            found[-1].append(index)
        else:
            found.append([index])
    return found


def _x(index: float) -> str:
    return f"{(index + 0.5) / BUCKETS * WIDTH:.1f}"


def _y(value: float, top: float) -> str:
    return f"{HEIGHT - min(max(value, 0.0) / top, 1.0) * (HEIGHT - 4):.1f}"


def _line(stretch: Sequence[int], buckets: dict[int, list[float]], top: float) -> str:
    points = [f"{_x(index)} {_y(statistics.median(buckets[index]), top)}" for index in stretch]
    if len(points) == 1:  # a dot
        points.append(points[0])
    return "M" + "L".join(points)


def _band(stretch: Sequence[int], buckets: dict[int, list[float]], top: float) -> str:
    upper = [f"{_x(index)} {_y(max(buckets[index]), top)}" for index in stretch]
    lower = [f"{_x(index)} {_y(min(buckets[index]), top)}" for index in reversed(stretch)]
    return "M" + "L".join([*upper, *lower]) + "z"
