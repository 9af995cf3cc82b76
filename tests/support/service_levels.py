"""Runs to be held against rules, and the histories before them, with figures as real runs leave them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stackprobe.history.model import History, Sample
from stackprobe.journal import read
from stackprobe.outputs.metrics import points
from stackprobe.results import Results, build
from stackprobe.service_levels import Evaluation, Verdict
from stackprobe.service_levels.judging import evaluate

from tests.support.memory_history import MemoryHistory
from tests.unit import journals

EVERY_S = 600
NOW = int(journals.START)

Write = Callable[[journals.Journals], None]


def run(
    rules: Mapping[str, Any] | None = None,
    write: Write | None = None,
    *,
    start: float = journals.START,
    verdict: str = "raw",
    scenarios: Iterable[str] = ("network", "compute"),
    outcome: str = "passed",
    **ended: Any,
) -> Results:
    """A run of a few scenarios in fair weather.

    :param write: writes the records of the scenarios, in place of that.
    """
    journal = journals.Journals(scenarios=scenarios, start=start)
    journal.run(service_levels=dict(rules or {}), verdict=verdict)
    journals.authenticate(journal)
    if write is None:
        for name in journal.names:
            journal.scenario(name)
    else:
        write(journal)
    journal.end(outcome, **ended)
    with tempfile.TemporaryDirectory() as directory:
        return build(read(journal.write(Path(directory))))


def step_of(*durations_ms: float, outcomes: Sequence[str] = (), starved: bool = False) -> Write:
    """Writes one scenario, ``network``, with one step, ``Create the router``, that takes so long each time."""

    def write(journal: journals.Journals) -> None:
        journal.add("scenario_start", scenario="network")
        found = [*outcomes, *["passed"] * (len(durations_ms) - len(outcomes))]
        for number, (duration_ms, outcome) in enumerate(zip(durations_ms, found, strict=True)):
            message = None if outcome == "passed" else "it was not as it should be"
            zone = f"az{number}" if len(durations_ms) > 1 else None
            journal.step(
                "network", "Create the router", duration_ms=duration_ms, outcome=outcome, message=message, zone=zone,
                starved=starved,
            )  # fmt: skip
        worst = next((one for one in ("failed", "error", "passed", "skipped") if one in found), "passed")
        journal.add("scenario_end", scenario="network", outcome=worst, duration_ms=sum(durations_ms), message=None)

    return write


def calls_of(*statuses: int | None, duration_ms: float = 100.0) -> Write:
    """Writes one scenario, ``network``, with one step whose calls are answered so."""

    def write(journal: journals.Journals) -> None:
        journal.add("scenario_start", scenario="network")
        for status in statuses:
            journal.call(
                "network", "Poll", journal.seq, "network", "GET", "routers", status=status, duration_ms=duration_ms
            )
        journal.step("network", "Poll", "wait")
        journal.add("scenario_end", scenario="network", outcome="passed", duration_ms=1.0, message=None)

    return write


def figures(results: Results) -> dict[str, float]:
    """The figures of a run, as a history has them: without prefix, cloud and region."""
    return {name.split(".", 3)[3]: value for name, value in points(results)}


def history(*runs: Results) -> MemoryHistory:
    """The figures of runs, each at its start."""
    series: dict[str, list[Sample]] = {}
    for one in runs:
        for name, value in figures(one).items():
            series.setdefault(name, []).append(Sample(int(one.start_t), value))
    return MemoryHistory((), series)


def before(count: int, series: Mapping[str, float | Callable[[int], float]], every_s: int = EVERY_S) -> MemoryHistory:
    """So many runs before, the newest one interval ago, with these figures; of a function, that of their age."""
    found = {
        figure: [Sample(NOW - age * every_s, value(age) if callable(value) else value) for age in range(count, 0, -1)]
        for figure, value in series.items()
    }
    return MemoryHistory((), found)


def judge(rule: Mapping[str, Any], write: Write | None = None, past: History | None = None, **run_as: Any) -> Verdict:
    """What one rule says of a run."""
    [verdict] = evaluate(run({"rule": rule}, write, **run_as), past).verdicts
    return verdict


def in_turn(rules: Mapping[str, Any], weather: Iterable[Write], **run_as: Any) -> list[Evaluation]:
    """Runs one after the other, each of which knows those before by the figures that they left."""
    done: list[Results] = []
    found = []
    for number, write in enumerate(weather):
        results = run(rules, write, start=journals.START + number * EVERY_S, **run_as)
        evaluation = evaluate(results, history(*done))
        done.append(replace(results, service_levels=evaluation))
        found.append(evaluation)
    return found
