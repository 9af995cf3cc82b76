"""``service_levels.json``: what was found about the service levels of a run, beside its journal.

The Graphite that knows the earlier runs may be gone tomorrow; with this file the reports can be made again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stackprobe.outputs.atomic import write_atomically
from stackprobe.service_levels.rule import SEVERITIES
from stackprobe.service_levels.verdict import Damped, DampedRun, Evaluation, Verdict

FILENAME = "service_levels.json"
VERSION = 1
_LARGEST = 16 << 20


class Unreadable(Exception):
    """The file is none of ours, or of another version."""


def write(directory: Path, evaluation: Evaluation) -> Path:
    """Write the file, atomically.

    :raises OSError: it cannot be written.
    """
    path = directory / FILENAME
    text = json.dumps(as_json(evaluation), indent=2, ensure_ascii=False) + "\n"
    write_atomically(path, text.encode("utf-8", "replace"))
    return path


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain values."""
    run = evaluation.run
    return {
        "version": VERSION,
        "run": evaluation.run_id,
        "history": "unknown" if evaluation.blind else "known",
        "blind": evaluation.blind,
        "verdict": "raw" if run is None else "damped",
        "alarms": None if run is None else list(run.alarms),
        "blips": None if run is None else list(run.blips),
        "rules": [verdict_as_json(one) for one in evaluation.verdicts],
        "notes": list(evaluation.notes),
    }


def verdict_as_json(verdict: Verdict) -> dict[str, Any]:
    """One verdict as plain values."""
    damped = verdict.damped
    return {
        "rule": verdict.rule,
        "subject": verdict.subject,
        "service": verdict.service,
        "verdict": verdict.word,
        "reason": verdict.reason,
        "severity": verdict.severity,
        "alarm": damped.alarm,
        "flapping": damped.flapping,
        "bad_runs": damped.bad,
        "judged_runs": damped.seen,
        "damped": damped.known,
    }


def read(directory: Path) -> Evaluation | None:
    """What was found; None where there is no such file.

    :raises Unreadable: it is none of ours.
    """
    path = directory / FILENAME
    try:
        if path.stat().st_size > _LARGEST:
            raise Unreadable(f"{FILENAME} is too large")
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{FILENAME} cannot be read: {error}") from None
    try:
        if data["version"] != VERSION:
            raise Unreadable(f"{FILENAME} has version {data['version']!r}, this stackprobe reads version {VERSION}")
        run = None
        if data["verdict"] == "damped":
            run = DampedRun(tuple(map(str, data["alarms"])), tuple(map(str, data["blips"])))
        rules = tuple(_verdict(one) for one in data["rules"])
        blind = data["blind"] if data["blind"] is None else str(data["blind"])
        return Evaluation(str(data["run"]), rules, blind, run, tuple(map(str, data["notes"])))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"{FILENAME} is not of the form it should be: {type(error).__name__} {error}") from None


def _verdict(data: dict[str, Any]) -> Verdict:
    service, severity = data["service"], str(data["severity"])
    if severity not in SEVERITIES:
        raise ValueError(f"severity {severity}")
    return Verdict(
        rule=str(data["rule"]),
        subject=str(data["subject"]),
        service=None if service is None else str(service),
        ok={"ok": True, "bad": False, "unknown": None}[data["verdict"]],
        reason=str(data["reason"]),
        severity=severity,
        damped=Damped(
            data["alarm"] is True,
            data["flapping"] is True,
            int(data["bad_runs"]),
            int(data["judged_runs"]),
            data["damped"] is True,
        ),
    )
