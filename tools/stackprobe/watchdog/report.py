"""What the watchdog found: lines for people, ``junit.xml`` and ``watchdog.json``."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.outputs import junit
from stackprobe.outputs.atomic import write_atomically
from stackprobe.outputs.clean import one_line
from stackprobe.results import Outcome, Results, Scenario, Step, worst_of
from stackprobe.watchdog.verdict import Verdict

VERSION = 1
#: Most lines of ``warnings``, and most characters of one.
MOST_WARNINGS = 20
LONGEST = 300


def outcome_of(verdicts: Sequence[Verdict]) -> Outcome:
    """The worst: an alarm before not being able to judge."""
    return worst_of(verdict.outcome for verdict in verdicts)


def lines(verdicts: Sequence[Verdict]) -> list[str]:
    """A line for all there is to say: what it is (``ok``, ``ALARM``, ``UNKNOWN``, ``note``), where, and why."""
    found = []
    for verdict in verdicts:
        said = [("ALARM", alarm) for alarm in verdict.alarms]
        said += [("UNKNOWN", verdict.blind)] if verdict.blind else []
        said += [("note", note) for note in verdict.notes]
        if verdict.outcome is Outcome.PASSED:
            said.insert(0, ("ok", verdict.facts))
        found += [f"{word:8}{one_line(f'{verdict.name}: {text}', 2 * LONGEST)}" for word, text in said]
    return found


def write(directory: Path, verdicts: Sequence[Verdict]) -> None:
    """Write both files into a directory, which is made if need be.

    :raises UsageError: it cannot be written.
    """
    files = {"junit.xml": junit.render(_as_results(verdicts)), "watchdog.json": _as_json(verdicts)}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_atomically(directory / name, text.encode("utf-8", errors="replace"))
    except OSError as error:
        raise UsageError(
            f"the report cannot be written: {error.strerror}", file=directory, remedy="check permissions and free space"
        ) from error


def _as_json(verdicts: Sequence[Verdict]) -> str:
    worst_first = sorted(verdicts, key=lambda verdict: list(Outcome).index(verdict.outcome))
    said = [one_line(line, LONGEST) for verdict in worst_first for line in verdict.lines]
    if len(said) > MOST_WARNINGS:
        said = [*said[: MOST_WARNINGS - 1], f"… and {len(said) - MOST_WARNINGS + 1} more, see watchdog.json"]
    document = {
        "version": VERSION,
        "outcome": outcome_of(verdicts).value,
        "warnings": said,
        "watched": [
            {
                "name": one_line(verdict.name, LONGEST),
                "outcome": verdict.outcome.value,
                "alarms": [one_line(alarm, 2 * LONGEST) for alarm in verdict.alarms],
                "blind": one_line(verdict.blind, 2 * LONGEST) if verdict.blind else None,
                "notes": [one_line(note, 2 * LONGEST) for note in verdict.notes],
            }
            for verdict in verdicts
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _as_results(verdicts: Sequence[Verdict]) -> Results:
    """As a run whose steps are the watched runs, for the JUnit report that every CI page understands."""
    steps = [
        Step(
            scenario="watchdog",
            name=verdict.name,
            key=verdict.name,
            zone=None,
            kind="check",
            seq=index,
            start_t=time.time(),
            outcome=verdict.outcome,
            duration_ms=verdict.duration_ms,
            message="\n".join([*verdict.alarms, *([verdict.blind] if verdict.blind else [])]) or None,
        )
        for index, verdict in enumerate(verdicts)
    ]
    outcome = outcome_of(verdicts)
    scenario = Scenario("watchdog", start_t=time.time(), outcome=outcome, finished=True, steps=steps)
    return Results(
        known=True,
        run_id="",
        cloud="watchdog",
        start_t=time.time(),
        finished=True,
        outcome=outcome,
        scenarios=[scenario],
    )
