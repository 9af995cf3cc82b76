"""A comparison as one self-contained page: a table whose rows carry a plot, without a script.

The plot has one axis for all rows, logarithmic, since steps take from milliseconds to minutes: a ring is A, a dot is B.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import resources

from stackprobe.comparison.model import Comparison, Row, Verdict
from stackprobe.comparison.terminal import difference, ratio
from stackprobe.outputs import wording
from stackprobe.outputs.clean import clean, clip
from stackprobe.outputs.page_templates import page_environment

#: Rows of the page; of more, those that are worth a look first, and the page says how many it leaves out.
MOST_ROWS = 2_000
#: Of a row's plot, in pixels of the drawing.
WIDTH, EDGE = 260, 8
_MARKS_MS = (1, 10, 100, 1_000, 10_000, 60_000, 600_000, 3_600_000)


class Axis:
    """Where a duration lies on the plots, in pixels."""

    def __init__(self, rows: Sequence[Row]) -> None:
        medians = [
            side.spread.median_ms or 0.0 for row in rows for side in (row.a, row.b) if side and side.spread.count
        ]
        self._low = math.log10(max(min(medians, default=1.0), 1.0))
        self._high = max(math.log10(max(max(medians, default=1.0), 1.0)), self._low + 0.5)

    def at(self, duration_ms: float | None) -> float | None:
        """The place, None where there is no duration."""
        if duration_ms is None:
            return None
        share = (math.log10(max(duration_ms, 1.0)) - self._low) / (self._high - self._low)
        return round(EDGE + min(max(share, 0.0), 1.0) * (WIDTH - 2 * EDGE), 1)

    def marks(self) -> list[tuple[float, str]]:
        """Place and label of the marks."""
        return [
            (self.at(mark) or 0.0, wording.duration(mark).replace(".00", "").replace(".0", ""))
            for mark in _MARKS_MS
            if self._low <= math.log10(mark) <= self._high
        ]


def render(comparison: Comparison) -> str:
    """The page."""
    environment = page_environment()
    environment.filters.update(
        duration=wording.duration, text=lambda data: clip(clean(data), 300), difference=difference, ratio=ratio
    )
    environment.globals.update(width=WIDTH)
    steps, calls = _bounded(comparison.steps), _bounded(comparison.calls)
    axis = Axis([*steps, *calls])
    return environment.from_string(_asset("stackprobe.comparison", "compare.html.j2")).render(
        comparison=comparison,
        style=_asset("stackprobe.outputs", "report.css"),
        axis=axis,
        tables=[
            (title, names, rows, len(whole) - len(rows))
            for title, names, rows, whole in (
                ("Steps", ("Scenario", "Step"), steps, comparison.steps),
                ("API calls", ("Service", "Call"), calls, comparison.calls),
            )
            if rows
        ],
        counts=[(kind, sum(row.verdict is kind for row in comparison.noticeable)) for kind in Verdict if kind],
        tones={
            Verdict.BROKEN: "failed",
            Verdict.SLOWER: "failed",
            Verdict.MENDED: "passed",
            Verdict.FASTER: "passed",
            Verdict.ONLY_A: "error",
            Verdict.ONLY_B: "error",
            Verdict.SAME: "skipped",
        },
    )


def _bounded(rows: Sequence[Row]) -> Sequence[Row]:
    if len(rows) <= MOST_ROWS:
        return rows
    kept = {id(row) for row in sorted(rows, key=lambda row: not row.is_noticeable)[:MOST_ROWS]}
    return [row for row in rows if id(row) in kept]


def _asset(package: str, name: str) -> str:
    return resources.files(package).joinpath("templates", name).read_text(encoding="utf-8")
