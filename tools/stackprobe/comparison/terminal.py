"""A comparison for a terminal: a table, and a bar for each row that leans to the side that takes longer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stackprobe.comparison.model import Comparison, Measured, Row, Verdict
from stackprobe.outputs import wording
from stackprobe.outputs.clean import one_line

#: Characters of a bar to each side: a ratio of 4 or more fills them.
REACH = 8
_STYLES = {
    Verdict.BROKEN: "bold red",
    Verdict.SLOWER: "red",
    Verdict.MENDED: "bold green",
    Verdict.FASTER: "green",
    Verdict.ONLY_A: "yellow",
    Verdict.ONLY_B: "yellow",
}


def shown(comparison: Comparison, only_noticeable: bool = False) -> RenderableType:
    """The whole text."""
    found = comparison.noticeable
    counts = [f"{sum(row.verdict is kind for row in found)} {kind}" for kind in Verdict if kind]
    parts: list[RenderableType] = [
        Text(f"A: {comparison.a.name}"),
        Text(f"B: {comparison.b.name}"),
        Text(f"Worth a look: {len(found)} ({', '.join(one for one in counts if not one.startswith('0 '))})")
        if found
        else Text("Nothing is worth a look."),
    ]
    for names, rows in ((("scenario", "step"), comparison.steps), (("service", "call"), comparison.calls)):
        listed = [row for row in rows if row.is_noticeable or not only_noticeable]
        if listed:
            parts += [Text(), _table(names, listed)]
    return Group(*parts)


def _table(names: Sequence[str], rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for name in ("A", "B", "difference", "ratio"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(" faster │ slower", no_wrap=True)
    table.add_column("worth a look")
    last = None
    for row in rows:
        style = _STYLES.get(row.verdict, "")
        where = "" if row.where == last else one_line(row.where, 60)
        last = row.where
        cells = (where, one_line(row.what, 100), _cell(row.a), _cell(row.b), difference(row), ratio(row))
        table.add_row(*map(Text, cells), Text(bar(row.ratio), style=style), Text(" – ".join(_why(row)), style=style))
    return table


def difference(row: Row) -> str:
    """``+1.2 s``, or nothing."""
    if row.difference_ms is None:
        return ""
    return ("+" if row.difference_ms >= 0 else "−") + wording.duration(abs(row.difference_ms))


def ratio(row: Row) -> str:
    """``× 1.25``, or nothing."""
    return "" if row.ratio is None else f"× {row.ratio:.2f}"


def bar(value: float | None) -> str:
    """A bar that leans left where B is faster and right where it is slower."""
    length = 0
    if value is not None:
        length = max(-REACH, min(REACH, round(math.log2(value) / 2 * REACH))) if value > 0 else -REACH
    left, right = max(-length, 0), max(length, 0)
    return " " * (REACH - left) + "█" * left + "│" + "█" * right


def _cell(measured: Measured | None) -> str:
    return "–" if measured is None else wording.duration(measured.spread.median_ms)


def _why(row: Row) -> Iterator[str]:
    if row.is_noticeable:
        yield row.verdict.value
    if row.a and row.b and (row.a.bad or row.b.bad):
        yield f"{row.a.outcome} → {row.b.outcome}"
