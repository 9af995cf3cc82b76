"""JSON Lines: everything that is known of a run, one object a line; for log stores and scripts.

The first line is the run (``type`` is ``run``), then come its scenarios, steps with their checks, calls, resources and
notes. ``version`` of the first line is 1; types and fields are only ever added to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stackprobe.exports.records import call_record, run_of, step_record, text
from stackprobe.outputs import wording
from stackprobe.results import Check, Results, Step

FORMAT = "jsonl"
TABLES = ("everything",)
VERSION = 1
#: Characters of what a check expected and got.
LONGEST_VALUE = 2_000


def lines(results: Results, table: str = TABLES[0]) -> Iterator[str]:
    """Each object with its line end."""
    run = run_of(results)
    for kind, record in _records(results):
        yield json.dumps({"type": kind, **run, **record}, ensure_ascii=False, separators=(",", ":")) + "\n"


def _records(results: Results) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "run", _run(results)
    for suite in results.suites:
        yield (
            "scenario",
            {
                "scenario": text(suite.name),
                "outcome": suite.outcome.value,
                "start_t": suite.start_t,
                "duration_ms": suite.duration_ms,
                "finished": suite.finished,
                "repetitions": max(len(suite.repetitions), 1),
                "message": text(suite.message),
                "problems": [{"outcome": one.outcome.value, "message": text(one.message)} for one in suite.problems],
            },
        )
    for step in results.steps:
        yield "step", _step(step)
    for call in results.calls:
        yield "call", call_record(call)
    for item in results.resources:
        yield (
            "resource",
            {
                "scenario": text(item.scenario),
                "repetition": item.repetition,
                "kind": text(item.kind),
                "name": text(item.name),
                "id": text(item.id),
                "state": text(item.state),
            },
        )
    for note in results.notes:
        yield "note", {"scenario": text(note.scenario), "level": text(note.level), "message": text(note.message)}


def _run(results: Results) -> dict[str, Any]:
    return {
        "version": VERSION,
        "label": text(results.label),
        "region_label": text(results.region_label),
        "zone": text(results.zone),
        "outcome": results.outcome.value,
        "start_t": results.start_t,
        "start_delay_ms": results.start_delay_ms,
        "duration_ms": results.duration_ms,
        "finished": results.finished,
        "end_reason": text(results.end_reason),
        "leftovers": results.leftovers if results.leftovers_known else None,
        "retries": results.retries,
        "ci": {text(name): text(value) for name, value in results.ci.items()},
        "stackprobe": text(results.stackprobe),
        "openstacksdk": text(results.openstacksdk),
        "ansible": text(results.ansible),
        "host": text(results.host),
    }


def _step(step: Step) -> dict[str, Any]:
    figures = {text(name): value for name, value in step.figures.items()}
    return {**step_record(step), "figures": figures, "checks": [_check(check) for check in step.checks]}


def _check(check: Check) -> dict[str, Any]:
    expected, actual = (wording.value(side, LONGEST_VALUE) for side in (check.expected, check.actual))
    return {"check": text(check.name), "outcome": check.outcome.value, "expected": expected, "actual": actual}
