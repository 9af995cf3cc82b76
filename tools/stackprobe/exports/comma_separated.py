"""CSV: a line a step, or a line a call, with a head; for spreadsheets and data frames.

As of RFC 4180, with LF between the lines; truth values are ``true`` and ``false``, what is not known is empty. A text
that a spreadsheet would take for a formula gets an apostrophe in front: it may come from a cloud.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from stackprobe.exports.records import CALL_FIELDS, STEP_FIELDS, call_record, run_of, step_record, text
from stackprobe.results import Results, Step

FORMAT = "csv"
TABLES = ("steps", "calls")

_FORMULA = ("=", "+", "-", "@", "\t")


def lines(results: Results, table: str) -> Iterator[str]:
    """The head, then each step or each call."""
    run = run_of(results)
    records = map(call_record, results.calls) if table == "calls" else map(_step, results.steps)
    names = CALL_FIELDS if table == "calls" else (*STEP_FIELDS, "figures")
    line = io.StringIO()
    writer = csv.DictWriter(line, [*run, *names], lineterminator="\n")
    writer.writeheader()
    for record in records:
        writer.writerow({name: _cell(value) for name, value in (run | record).items()})
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()


def _step(step: Step) -> dict[str, Any]:
    figures = {text(name): value for name, value in step.figures.items()}
    record = step_record(step)
    for several in ("metrics", "attachments"):
        record[several] = ",".join(record[several]) or None
    return {**record, "figures": json.dumps(figures, ensure_ascii=False) if figures else None}


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
