"""A comparison as JSON, durations in milliseconds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from stackprobe.comparison.model import Comparison, Measured, Row, Side
from stackprobe.outputs.clean import one_line

VERSION = 1


def facts(comparison: Comparison) -> dict[str, Any]:
    """Everything; ``verdict`` is empty where a row is not worth a look."""
    return {
        "version": VERSION,
        "a": _side(comparison.a),
        "b": _side(comparison.b),
        "noticeable": len(comparison.noticeable),
        "steps": [{"scenario": one_line(row.where, 200), "step": one_line(row.what, 300), **_row(row)}
                  for row in comparison.steps],
        "calls": [{"service": one_line(row.where, 200), "call": one_line(row.what, 300), **_row(row)}
                  for row in comparison.calls],
    }  # fmt: skip


def _side(side: Side) -> dict[str, Any]:
    return {"name": side.name, "runs": side.runs}


def _row(row: Row) -> dict[str, Any]:
    return {
        "a": _measured(row.a),
        "b": _measured(row.b),
        "difference_ms": row.difference_ms,
        "ratio": row.ratio,
        "verdict": row.verdict.value,
    }


def _measured(measured: Measured | None) -> dict[str, Any] | None:
    if measured is None:
        return None
    return {
        "number": measured.number,
        "bad": measured.bad,
        "outcome": measured.outcome,
        **asdict(measured.spread),
    }
