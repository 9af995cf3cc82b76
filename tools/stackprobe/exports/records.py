"""Steps and calls of a run as flat records, alike in every format. Durations are milliseconds, times unix seconds."""

from __future__ import annotations

from typing import Any

from stackprobe.outputs.clean import clean, clip
from stackprobe.results import Call, Results, Step

#: Characters of a text. Python's and other readers of CSV refuse a cell above 131,072.
LONGEST_TEXT = 20_000
#: The fields of a step, and of a call, in their order.
STEP_FIELDS = [
    "scenario",
    "repetition",
    "step",
    "key",
    "zone",
    "kind",
    "start_t",
    "outcome",
    "duration_ms",
    "precision_ms",
    "limit_ms",
    "deadline_ms",
    "scheduling_ms",
    "starved",
    "retries",
    "polls",
    "http_status",
    "request_id",
    "file",
    "line",
    "message",
    "remedy",
    "service",
    "host",
    "action",
    "handled",
    "metrics",
    "attachments",
]
CALL_FIELDS = [
    "scenario",
    "repetition",
    "step",
    "service",
    "method",
    "url",
    "resource",
    "start_t",
    "status",
    "error",
    "duration_ms",
    "connect_ms",
    "tls_ms",
    "attempt",
    "starved",
    "request_id",
]


def text(value: object) -> str | None:
    """A text that every reader takes; None for none."""
    return None if value is None else clip(clean(value), LONGEST_TEXT)


def run_of(results: Results) -> dict[str, Any]:
    """What every record says of its run."""
    return {
        "run": text(results.run_id),
        "cloud": text(results.cloud),
        "region": text(results.region),
        "environment": text(results.environment),
    }


def step_record(step: Step) -> dict[str, Any]:
    """A step, without its checks and calls."""
    return {
        "scenario": text(step.scenario),
        "repetition": step.repetition,
        "step": text(step.name),
        "key": text(step.key),
        "zone": text(step.zone),
        "kind": text(step.kind),
        "start_t": step.start_t,
        "outcome": step.outcome.value,
        "duration_ms": step.duration_ms,
        "precision_ms": step.precision_ms,
        "limit_ms": step.limit_ms,
        "deadline_ms": step.deadline_ms,
        "scheduling_ms": step.scheduling_ms,
        "starved": step.starved,
        "retries": step.retries,
        "polls": step.polls,
        "http_status": step.http_status,
        "request_id": text(step.request_id),
        "file": text(step.file),
        "line": step.line,
        "message": text(step.message),
        "remedy": text(step.remedy),
        "service": text(step.service),
        "host": text(step.host),
        "action": text(step.action),
        "handled": text(step.handled),
        "metrics": [text(name) for name in step.metrics],
        "attachments": [text(name) for name in step.attachments],
    }


def call_record(call: Call) -> dict[str, Any]:
    """A call."""
    return {
        "scenario": text(call.scenario),
        "repetition": call.repetition,
        "step": text(call.step),
        "service": text(call.service),
        "method": text(call.method),
        "url": text(call.url),
        "resource": text(call.resource),
        "start_t": call.start_t,
        "status": call.status,
        "error": text(call.error),
        "duration_ms": call.duration_ms if call.timed else None,
        "connect_ms": call.connect_ms,
        "tls_ms": call.tls_ms,
        "attempt": call.attempt,
        "starved": call.starved,
        "request_id": text(call.request_id),
    }
