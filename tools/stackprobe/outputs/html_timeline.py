"""The timeline of a run: where each scenario and each of its steps lies, in percent of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stackprobe.outputs.html_room import shares
from stackprobe.results import Results, Scenario, Step

#: Bars of steps on the whole timeline; of a scenario with more, those that went wrong and the longest.
MOST_BARS = 3_000
_ROUND_STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600)


@dataclass
class Bar:
    """One step on the timeline; positions in percent of the run."""

    left: float
    width: float
    step: Step


@dataclass
class Row:
    """One scenario on the timeline."""

    scenario: Scenario
    left: float
    width: float
    bars: list[Bar]


@dataclass
class Tick:
    """One mark of the time axis."""

    left: float
    label: str


def timeline(results: Results, suites: Sequence[Scenario] | None = None) -> tuple[list[Row], list[Tick]]:
    """Rows and axis of the timeline, positions in percent of the time between the first and the last record.

    :param suites: those that get a row, default: all.
    """
    starts = [suite.start_t for suite in results.suites if suite.start_t is not None]
    starts += [step.start_t for step in results.steps]
    begin = min([*starts, *([results.start_t] if results.known else [])], default=0.0)
    ends = [begin + results.duration_ms / 1000]
    ends += [(suite.start_t or begin) + (suite.duration_ms or 0) / 1000 for suite in results.suites]
    ends += [step.start_t + step.duration_ms / 1000 for step in results.steps]
    span_s = max(max(ends) - begin, 0.001)

    def bar(start_t: float, duration_ms: float) -> tuple[float, float]:
        left = min(max((start_t - begin) / span_s * 100, 0), 100)
        return round(left, 3), round(min(duration_ms / 1000 / span_s * 100, 100 - left), 3)

    rows = []
    placed = [suite for suite in (results.suites if suites is None else suites) if suite.start_t is not None]
    for suite, room in zip(placed, shares((len(suite.steps) for suite in placed), MOST_BARS), strict=True):
        bars = [Bar(*bar(step.start_t, step.duration_ms), step) for step in _seen(suite.steps, room)]
        rows.append(Row(suite, *bar(suite.start_t or begin, suite.duration_ms or 0), bars))
    step_s = _round_step(span_s)
    ticks = [
        Tick(round(index * step_s / span_s * 100, 3), _tick_label(index * step_s))
        for index in range(int(span_s / step_s) + 1)
        if index * step_s / span_s <= 0.92
    ]
    return rows, ticks


def _seen(steps: Sequence[Step], room: int) -> Sequence[Step]:
    if len(steps) <= room:
        return steps
    seen = sorted(steps, key=lambda step: (not step.outcome.is_bad, -step.duration_ms))[:room]
    return sorted(seen, key=lambda step: step.start_t)


def _round_step(span_s: float) -> float:
    """A distance of marks that people count in, for about five marks."""
    for step_s in _ROUND_STEPS_S:
        if span_s / step_s <= 6:
            return step_s
    return span_s / 5


def _tick_label(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
