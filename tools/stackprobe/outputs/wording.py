"""How numbers and facts are put into words, the same in every output for people."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from stackprobe.outputs.clean import clean, clip
from stackprobe.results import Call, Results, Step


def duration(milliseconds: float | None) -> str:
    """A duration for people: ``85 ms``, ``1.24 s``, ``3 min 20 s``."""
    if milliseconds is None:
        return "–"
    if milliseconds < 10:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def moment(unix_seconds: float) -> str:
    """A time in UTC, ``2026-01-31 12:34:56 UTC``; times outside of the calendar as a dash."""
    try:
        return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return "–"


def lateness(results: Results) -> list[str]:
    """``due 2026-01-31 12:30:00 UTC, begun 4 min 56 s later``, where the CI says when the run was due."""
    if results.trigger_t is None or results.start_delay_ms is None:
        return []
    return [f"due {moment(results.trigger_t)}, begun {duration(results.start_delay_ms)} later"]


def place(results: Results) -> str:
    """Cloud and region."""
    return clean(f"{results.cloud} / {results.region}" if results.region else results.cloud)


def label(results: Results) -> str | None:
    """What cloud and region are called in metrics, where that is not by their names."""
    if not (results.label or results.region_label):
        return None
    return clean(f"{results.label or results.cloud} / {results.region_label or results.region or 'default'}")


def labels(results: Results) -> list[str]:
    """``production eu-de``: environment and zone, where the configuration names them."""
    return [clean(" ".join(one for one in (results.environment, results.zone) if one))] * bool(
        results.environment or results.zone
    )


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """``1 step``, ``2 steps``."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def value(data: Any, longest: int = 400) -> str:
    """Anything from a journal as short text."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, default=str)
    return clip(clean(text), longest)


def answer(call: Call) -> str:
    """What came back for a call."""
    return str(call.status) if call.status is not None else (clean(call.error or "") or "no answer")


def call_time(call: Call) -> str:
    """How long a call took, if anybody told."""
    return duration(call.duration_ms) if call.timed else "time unknown"


def call_line(call: Call) -> str:
    """A call on one line: method, path, answer, time, request id."""
    attempt = f" (attempt {call.attempt})" if call.attempt > 1 else ""
    request_id = f" {call.request_id}" if call.request_id else ""
    return clean(f"{call.service} {call.method} {call.url} → {answer(call)}, {call_time(call)}{attempt}{request_id}")


_ATTACHMENT = re.compile(r"[\w-]{1,100}/[\w-]{1,200}\.txt", re.ASCII)
_FIGURES = {"dns_ms": "DNS", "connect_ms": "connect", "tls_ms": "TLS", "first_byte_ms": "first byte"}


def figures(step: Step) -> list[str]:
    """What else a step measured: ``DNS 3.1 ms``, ``first byte 20 ms``, ``certificate valid for 80 days``."""
    lines = []
    for name, number in step.figures.items():
        if name == "handled":  # a figure for metrics; what was handled is told as such
            continue
        if name == "certificate_days":
            lines.append(f"certificate valid for {number:.0f} days" if number >= 0 else "certificate expired")
        elif name.endswith("_ms"):
            lines.append(
                f"{_FIGURES.get(name) or clean(name.removesuffix('_ms')).replace('_', ' ')} {duration(number)}"
            )
        else:
            lines.append(f"{clean(name).replace('_', ' ')} {number:g}")
    return lines


def module(step: Step) -> str:
    """Of an Ansible task its module without the collection, of others their kind."""
    return clean(step.action or "").rpartition(".")[2] or clean(step.kind)


def attached(step: Step) -> list[str]:
    """The files beside the journal that belong to a step; what is no path within its directory is left out."""
    return [name for name in step.attachments if _ATTACHMENT.fullmatch(name)]


def explanation(step: Step) -> list[str]:
    """Everything a step's record says beyond its message, one fact a line."""
    lines = [f"took {duration(step.duration_ms)}"]
    if step.limit_ms is not None:
        lines[0] += f" (limit {duration(step.limit_ms)})"
    if step.remedy:
        lines.insert(0, f"what to do: {clean(step.remedy)}")
    if step.handled and step.message:
        lines.insert(0, clean(step.message))
    if step.action:
        lines.append(f"{clean(step.action)} on {clean(step.host or 'a host')}")
    if step.http_status is not None:
        lines.append(f"HTTP status {step.http_status}")
    if step.request_id:
        lines.append(f"request id {clean(step.request_id)}")
    if step.retries:
        lines.append(counted(step.retries, "retry", "retries"))
    if step.precision_ms is not None:
        lines.append(f"known to ± {duration(step.precision_ms)}")
    if measured := figures(step):
        lines.append(", ".join(measured))
    if step.starved:
        lines.append("the runner itself starved meanwhile: this duration says nothing about the cloud")
    if step.file:
        lines.append(f"at {clean(step.file)}{f':{step.line}' if step.line else ''}")
    lines += [f"see {name}" for name in attached(step)]
    for check in step.checks:
        if check.outcome.is_bad:
            lines.append(f"check {clean(check.name)}: expected {value(check.expected)}, got {value(check.actual)}")
        else:
            lines.append(f"check {clean(check.name)}: {check.outcome}")
    return lines
