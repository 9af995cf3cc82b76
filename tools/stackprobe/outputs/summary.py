"""``summary.json``: the verdict of a run and why, small, for programs: a playbook's ``zuul_return``, MQTT, a chat.

``version`` is 1; fields are only ever added to it. Times are ISO 8601 in UTC, durations milliseconds, what is not known
null. All texts are plain, on one line, and clipped; doc/source/results.md describes every field.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from stackprobe.outputs.clean import one_line
from stackprobe.outputs.warning_lines import warning_lines
from stackprobe.results import Outcome, Results, Scenario
from stackprobe.service_levels.recording import verdict_as_json

FILENAME = "summary.json"
VERSION = 1

#: Most problems that are listed; ``problems_left_out`` counts the rest.
MOST_PROBLEMS = 50
#: Characters of a message or a name.
LONGEST_MESSAGE = 500
LONGEST_NAME = 200


def render(results: Results) -> str:
    """The summary as JSON."""
    problems = [problem for outcome in (Outcome.FAILED, Outcome.ERROR) for problem in _problems(results, outcome)]
    summary = {
        "version": VERSION,
        "stackprobe": results.stackprobe or None,
        "run": one_line(results.run_id, LONGEST_NAME),
        "cloud": one_line(results.cloud, LONGEST_NAME),
        "region": _text(results.region, LONGEST_NAME),
        "label": _text(results.label, LONGEST_NAME),
        "region_label": _text(results.region_label, LONGEST_NAME),
        "environment": _text(results.environment, LONGEST_NAME),
        "zone": _text(results.zone, LONGEST_NAME),
        "outcome": results.outcome.value,
        "exit_code": results.exit_code,
        "finished": results.finished,
        "end_reason": _text(results.end_reason),
        "started": _moment(results.start_t),
        "duration_ms": round(results.duration_ms, 3),
        "start_delay_ms": None if results.start_delay_ms is None else round(results.start_delay_ms, 3),
        "ci": {one_line(name, LONGEST_NAME): _text(value) for name, value in results.ci.items()},
        "counts": {
            "scenarios": {outcome.value: results.count(outcome) for outcome in Outcome},
            "steps": {outcome.value: sum(step.outcome is outcome for step in results.steps) for outcome in Outcome},
        },
        "retries": results.retries,
        "leftovers": results.leftovers if results.leftovers_known else None,
        "scenarios": [_scenario(scenario) for scenario in results.scenarios],
        "problems": problems[:MOST_PROBLEMS],
        "problems_left_out": max(len(problems) - MOST_PROBLEMS, 0),
        "service_levels": _service_levels(results),
        "warnings": warning_lines(results),
    }
    return json.dumps(summary, indent=2, ensure_ascii=False) + "\n"


def _service_levels(results: Results) -> dict[str, Any] | None:
    """What the rules say, and where the exit code follows the runs before, what is in alarm and what is a blip."""
    found = results.service_levels
    if found is None:
        return None
    run = found.run
    return {
        "history": _text(found.blind) or "known",
        "verdict": "raw" if run is None else "damped",
        "alarms": [one_line(line, LONGEST_MESSAGE) for line in (run.alarms if run else ())],
        "blips": [one_line(line, LONGEST_MESSAGE) for line in (run.blips if run else ())],
        "rules": [verdict_as_json(verdict) for verdict in found.verdicts],
    }


def _scenario(scenario: Scenario) -> dict[str, Any]:
    return {
        "name": one_line(scenario.name, LONGEST_NAME),
        "outcome": scenario.outcome.value,
        "repetitions": max(len(scenario.repetitions), 1),
        "duration_ms": None if scenario.duration_ms is None else round(scenario.duration_ms, 3),
        "message": None if scenario.outcome is Outcome.PASSED else _text(_why(scenario)),
    }


def _why(scenario: Scenario) -> str | None:
    """The message of what gave a scenario its outcome."""
    bad = [step.message for step in scenario.bad_steps if step.outcome is scenario.outcome]
    problems = [problem.message for problem in scenario.problems if problem.outcome is scenario.outcome]
    skipped = [step.message for step in scenario.steps if step.outcome is Outcome.SKIPPED]
    return next((message for message in [*bad, *problems, scenario.message, *skipped] if message), None)


def _problems(results: Results, outcome: Outcome) -> list[dict[str, Any]]:
    """What went wrong this way: steps in their order, then what no step shows."""
    found = [
        {
            "scenario": one_line(step.scenario, LONGEST_NAME),
            "step": one_line(step.name, LONGEST_NAME),
            "outcome": outcome.value,
            "message": _text(step.message) or outcome.value,
            "remedy": _text(step.remedy),
            "file": _text(step.file),
            "line": step.line,
        }
        for step in results.steps
        if step.outcome is outcome
    ]
    for suite in results.suites:
        for problem in suite.problems:
            if problem.outcome is outcome:
                found.append(
                    {
                        "scenario": one_line(suite.name, LONGEST_NAME),
                        "step": None,
                        "outcome": outcome.value,
                        "message": _text(problem.message) or outcome.value,
                        "remedy": None,
                        "file": None,
                        "line": None,
                    }
                )
    return found


def _text(value: object, longest: int = LONGEST_MESSAGE) -> str | None:
    return None if value is None or value == "" else one_line(value, longest)


def _moment(unix_seconds: float) -> str | None:
    if not unix_seconds:
        return None
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
