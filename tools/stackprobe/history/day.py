"""All runs of one day on one cloud and region in one file: fewer bytes than its runs one by one, and read faster.

Its first line is a JSON object that says ``format``, ``cloud`` and ``region`` (as in metrics) and ``runs``; every other
line is ``["<figure>",[<value of each run, or null>]]``, so that a reader parses only the figures that it wants.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from stackprobe.history.batch import (
    LONGEST_NAME,
    Batch,
    Unusable,
    Values,
    check_format,
    number,
    pack,
    parse_object,
    run_fields,
    run_from,
    text,
    unpack,
)
from stackprobe.history.model import PastRun

FORMAT = "stackprobe-day/1"


class Day:
    """A batch that is a day's file.

    :raises Unusable: it is none, or broken.
    """

    def __init__(self, data: bytes) -> None:
        first, *self._lines = unpack(data).splitlines()[:1_000_000] or [b""]
        header = parse_object(first)
        check_format(header, FORMAT)
        cloud, region, runs = text(header, "cloud"), text(header, "region"), header.get("runs")
        if cloud is None or region is None or not isinstance(runs, list):
            raise Unusable("it does not say which runs it holds")
        self.of = (cloud, region)
        self.runs: Sequence[PastRun] = [run_from(one) for one in runs if isinstance(one, dict)]
        if len(self.runs) != len(runs):
            raise Unusable("it does not say which runs it holds")

    def columns(self, matches: Callable[[str], bool]) -> Iterator[tuple[str, Values]]:
        """See :class:`stackprobe.history.batch.Batch`. Lines that are broken are passed over."""
        for line in self._lines:
            head, found, _ = line.partition(b'",[')
            name = _parsed(head[1:] + b'"') if found else None
            if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not matches(name):
                continue
            pair = _parsed(line)
            if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], list):
                values = [number(value) for value in pair[1]]
                if len(values) == len(self.runs):
                    yield name, values


def merge(of: tuple[str, str], batches: Iterable[Batch]) -> bytes:
    """The file of all runs of some batches of one cloud and region; of a run that is in several, the last counts."""
    latest: dict[str | None, tuple[int, int]] = {}
    sources = list(batches)
    for source, batch in enumerate(sources):
        for index, run in enumerate(batch.runs):
            latest[run.run_id] = (source, index)
    order = sorted(latest.values(), key=lambda place: (sources[place[0]].runs[place[1]].t, place))
    rows: list[dict[int, int]] = [{} for _ in sources]
    for row, (source, index) in enumerate(order):
        rows[source][index] = row
    columns: dict[str, list[float | None]] = {}
    for source, batch in enumerate(sources):
        for name, values in batch.columns(lambda _: True):
            column = columns.setdefault(name, [None] * len(order))
            for index, row in rows[source].items():
                column[row] = values[index]
    runs = [run_fields(sources[source].runs[index]) for source, index in order]
    lines = [_line({"format": FORMAT, "cloud": of[0], "region": of[1], "runs": runs})]
    lines += [
        _line([name, column]) for name, column in sorted(columns.items()) if any(value is not None for value in column)
    ]
    return pack("".join(lines))


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False) + "\n"


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
