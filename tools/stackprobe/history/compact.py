"""The compact record of one run: who, when, how it ended, what was bad, and every figure. About 2 kB for 30 steps.

As JSON: ``format``, ``run_id``, ``cloud``, ``region``, ``label`` and ``region_label`` (what they are called in
metrics), ``start_t`` (unix seconds), ``outcome``, ``build_url``, ``bad`` and ``figures`` by their names behind
``<prefix>.<cloud>.<region>.``. Milliseconds are kept to the thousandth.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stackprobe.graphite.points import parse_point
from stackprobe.history.batch import (
    LONGEST_NAME,
    OneRun,
    Unusable,
    check_format,
    number,
    pack,
    parse_object,
    run_fields,
    run_from,
    text,
    unpack,
)
from stackprobe.history.layout import run_path
from stackprobe.history.model import BadStep, PastRun
from stackprobe.metricname import part
from stackprobe.outputs import metrics
from stackprobe.outputs.clean import one_line
from stackprobe.results import Outcome, Results, from_directory

FORMAT = "stackprobe-run/1"
#: Most bad steps that are kept of a run, and most characters of the message of each.
MOST_BAD = 50
LONGEST_MESSAGE = 300

#: Figures that are no part of the results: whoever judges a run against its past adds them to ``metrics.txt``.
_ADDED = "service_level."


def compact(results: Results) -> dict[str, Any]:
    """The compact record of a run whose cloud is known."""
    prefix = [piece for piece in results.metrics_prefix.split(".") if piece]
    depth = len(prefix) + 2
    run = PastRun(
        t=int(results.start_t),
        outcome=results.outcome,
        run_id=results.run_id,
        build_url=_build_url(results),
        bad=tuple(sorted(_bad(results), key=lambda one: one.outcome is not Outcome.FAILED)[:MOST_BAD]),
    )
    return {
        "format": FORMAT,
        "cloud": results.cloud,
        "region": results.region,
        "label": results.label,
        "region_label": results.region_label,
        **run_fields(run),
        "figures": {name.split(".", depth)[depth]: _rounded(name, value) for name, value in metrics.points(results)},
    }


def compact_directory(directory: Path) -> dict[str, Any]:
    """The compact record of the run in a directory, with the service levels that its ``metrics.txt`` holds.

    :raises stackprobe.errors.UsageError: there is no journal, or it is none.
    :raises Unusable: the journal was cut before it said on which cloud the run was.
    """
    results = from_directory(directory)
    if not results.known:
        raise Unusable("its journal was cut before it said on which cloud the run was")
    record = compact(results)
    root = ".".join([*map(part, filter(None, results.metrics_prefix.split("."))), *place(record), ""])
    try:
        lines = (directory / metrics.FILENAME).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        point = parse_point(line) if line.startswith(root + _ADDED) else None
        if point is not None and point.t == record["start_t"]:
            record["figures"].setdefault(point.name.removeprefix(root), _rounded(point.name, point.value))
    return record


def place(record: dict[str, Any]) -> tuple[str, str]:
    """What cloud and region of a record are called in metrics."""
    cloud = text(record, "label") or text(record, "cloud") or "unknown"
    region = text(record, "region_label") or text(record, "region") or "default"
    return part(cloud), part(region)


def path_of(record: dict[str, Any]) -> str:
    """Where a record lies in an archive."""
    return run_path(record["start_t"], record["run_id"])


def encode(record: dict[str, Any]) -> bytes:
    """A record as the bytes of its file; the same record gives the same bytes."""
    return pack(json.dumps(record, ensure_ascii=True, separators=(",", ":"), allow_nan=False))


def decode(data: bytes) -> OneRun:
    """The run that a file holds.

    :raises Unusable: it is none.
    """
    return one_run(parse_object(unpack(data)))


def one_run(record: dict[str, Any]) -> OneRun:
    """The run that a record says.

    :raises Unusable: it is none, or a newer stackprobe wrote it.
    """
    check_format(record, FORMAT)
    if text(record, "cloud") is None:
        raise Unusable("it does not say on which cloud the run was")
    figures = record.get("figures")
    found: dict[str, float] = {}
    for name, value in figures.items() if isinstance(figures, dict) else ():
        usable = number(value) if 0 < len(name) <= LONGEST_NAME else None
        if usable is not None:
            found[name] = usable
    return OneRun(place(record), (run_from(record),), found)


def _rounded(name: str, value: float) -> float:
    return round(value, 3) if name.endswith("_ms") else value


def _build_url(results: Results) -> str | None:
    url = results.ci.get("build_url")
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else None


def _bad(results: Results) -> Iterator[BadStep]:
    for suite in results.suites:
        for step in suite.bad_steps:
            yield BadStep(suite.name, step.name, step.outcome, one_line(step.message or "", LONGEST_MESSAGE))
        for problem in suite.problems:
            if problem.outcome.is_bad:
                yield BadStep(suite.name, "", problem.outcome, one_line(problem.message, LONGEST_MESSAGE))
        if suite.outcome.is_bad and not suite.bad_steps and not suite.problems:
            yield BadStep(suite.name, "", suite.outcome, one_line(suite.message or "", LONGEST_MESSAGE))
