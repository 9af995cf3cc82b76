"""``summary.md``: the run on one page of Markdown, for the summary of a CI step or a chat; what went wrong comes first.

GitHub drops a step summary of more than 1 MiB whole and renders HTML and mentions that stand in a text: both are dealt
with here.
"""

from __future__ import annotations

import re

from stackprobe.outputs import wording
from stackprobe.outputs.clean import one_line
from stackprobe.results import Outcome, Results, Scenario, Step
from stackprobe.results.statistics import statistics

FILENAME = "summary.md"

#: Most that is written, bytes: below GitHub's 1 MiB, with room for what else the same CI step adds.
LARGEST = 900_000
LONGEST_MESSAGE = 600
MOST_PROBLEMS_PER_SCENARIO = 20
#: Steps and calls in the table of statistics.
MOST_STATISTICS = 10
STATISTICS = "Statistics"

SIGNS = {Outcome.PASSED: "✅", Outcome.FAILED: "❌", Outcome.ERROR: "⚠️", Outcome.SKIPPED: "⏭️"}

_WORDS = {"ok": "✅ ok", "bad": "❌ bad", "unknown": "❔ unknown"}

_SPECIAL = re.compile(r"([\\`*_\[\]>#|~@$])")


def render(results: Results) -> str:
    """The summary; where it would grow too large, whole lines are left out at its end and a line says so."""
    lines = [
        *_head(results),
        *_problems(results),
        *_service_levels(results),
        *_table(results),
        *_leftovers(results),
        *_notes(results),
        *_statistics(results),
        *_foot(results),
    ]
    return _trim(lines)


def text(value: object, longest: int = LONGEST_MESSAGE) -> str:
    """Any text as plain Markdown text on one line: no markup, no table cell, no mention comes out of it."""
    plain = one_line(value, longest).replace("&", "&amp;").replace("<", "&lt;")
    return _SPECIAL.sub(r"\\\1", plain).replace("\\@", "@\u200b").replace("://", ":\u200b//")


def _code(value: object) -> str:
    """A code span; a zero-width space keeps a bar from splitting a table cell."""
    return f"`{one_line(value, 200).replace('`', chr(0x2B9)).replace('|', '¦')}`"


def _head(results: Results) -> list[str]:
    outcome = results.outcome
    counts = ", ".join(f"{results.count(kind)} {kind}" for kind in Outcome if results.count(kind))
    facts = [
        *(text(one, 200) for one in wording.labels(results)),
        f"run {_code(results.run_id)}",
        wording.moment(results.start_t),
        *wording.lateness(results),
        wording.duration(results.duration_ms),
        wording.counted(len(results.steps), "step"),
        wording.counted(len(results.calls), "API call"),
    ]
    if results.retries:
        facts.append(wording.counted(results.retries, "retry", "retries"))
    if results.leftovers:
        facts.append(f"**{wording.counted(results.leftovers, 'leftover')}**")
    return [
        # no colon: GitHub blacks out each line of a secret, and `mycloud:` is one of a clouds.yaml
        f"## {SIGNS[outcome]} {text(wording.place(results), 200)} – {outcome}",
        "",
        f"{wording.counted(len(results.scenarios), 'scenario')}: {counts or 'none'} · " + " · ".join(facts),
        "",
    ]


def _problems(results: Results) -> list[str]:
    bad = [suite for suite in results.suites if suite.outcome.is_bad]
    if not bad:
        return []
    lines = ["### What went wrong", ""]
    for suite in sorted(bad, key=lambda suite: suite.outcome is not Outcome.FAILED):
        shown = suite.bad_steps[:MOST_PROBLEMS_PER_SCENARIO]
        lines += [line for step in shown for line in _bad_step(suite, step)]
        hidden = len(suite.bad_steps) - len(shown)
        if hidden:
            lines.append(f"- … and {wording.counted(hidden, 'more step')} of **{text(suite.name, 100)}**")
        lines += [
            f"- {SIGNS[problem.outcome]} **{text(suite.name, 100)}**: {text(problem.message)}"
            for problem in suite.problems
        ]
    return [*lines, ""]


def _bad_step(suite: Scenario, step: Step) -> list[str]:
    lines = [
        f"- {SIGNS[step.outcome]} **{text(suite.name, 100)}** › {text(step.name, 200)}: "
        f"{text(step.message or step.outcome)}"
    ]
    facts = [wording.duration(step.duration_ms)]
    if step.http_status is not None:
        facts.append(f"HTTP {step.http_status}")
    if step.request_id:
        facts.append(_code(step.request_id))
    if step.file:
        facts.append(_code(f"{step.file}:{step.line}" if step.line else step.file))
    lines.append("  " + " · ".join(facts))
    for check in step.checks:
        if check.outcome.is_bad:
            expected, actual = (wording.value(side, 200) for side in (check.expected, check.actual))
            lines.append(f"  - {text(check.name, 100)}: expected {_code(expected)}, got {_code(actual)}")
    if step.remedy:
        lines.append(f"  - What to do: {text(step.remedy)}")
    return lines


def _service_levels(results: Results) -> list[str]:
    found = results.service_levels
    if found is None or not (found.verdicts or found.run):
        return []
    lines = ["### Service levels", ""]
    if found.run:
        lines += [f"- **alarm** {text(line)}" for line in found.run.alarms]
        lines += [f"- **no alarm yet** {text(line)}" for line in found.run.blips]
        lines.append(f"- The exit code follows the runs before, too: {results.exit_code}")
    if found.blind:
        lines.append(f"- {text(found.blind)}")
    if not found.verdicts:
        return [*lines, ""]
    lines += [""] * (len(lines) > 2) + ["| Rule | This run | Why | With the runs before |", "|---|---|---|---|"]
    order = ("bad", "unknown", "ok")
    for verdict in sorted(found.verdicts, key=lambda one: (not one.damped.alarm, order.index(one.word))):
        damped = text(verdict.damped.text)
        rule = f"{text(verdict.rule, 100)} ({text(verdict.subject, 200)})"
        lines.append(
            f"| {rule} | {_WORDS[verdict.word]} | {text(verdict.reason)}"
            f" | {f'**{verdict.severity}**, {damped}' if verdict.damped.alarm else damped} |"
        )
    return [*lines, ""]


def _table(results: Results) -> list[str]:
    if not results.scenarios:
        return []
    lines = ["| Scenario | Outcome | Time | Steps | Slowest step | Retries |", "|---|---|--:|--:|---|--:|"]
    order = list(Outcome)
    for scenario in sorted(results.scenarios, key=lambda scenario: order.index(scenario.outcome)):
        slowest = max(scenario.steps, key=lambda step: step.duration_ms, default=None)
        slow = f"{text(slowest.name, 80)} ({wording.duration(slowest.duration_ms)})" if slowest else "–"
        lines.append(
            f"| {text(scenario.name, 100)} | {SIGNS[scenario.outcome]} {scenario.outcome} "
            f"| {wording.duration(scenario.duration_ms)} | {len(scenario.steps)} | {slow} | {scenario.retries} |"
        )
    return [*lines, ""]


def _statistics(results: Results) -> list[str]:
    """Steps that ran several times and calls, those that took most of the time; folded, as they are no news."""
    found = statistics([results])
    rows = [(f"{text(key[0], 60)} › {text(one.name, 80)}", one) for key, one in found.steps.items() if one.number > 1]
    rows += [
        (f"{text(service, 40)} {_code(f'{method} {what}')}", one)
        for (service, method, what), one in found.calls.items()
    ]
    rows = sorted(rows, key=lambda row: -sum(row[1].durations_ms))
    if not rows:
        return []
    lines = [
        f"<details><summary>{STATISTICS}</summary>",
        "",
        "| Step or call | Bad | Count | Min | Median | Mean | 95 % | Max |",
        "|---|" + "--:|" * 7,
    ]
    for name, tally in rows[:MOST_STATISTICS]:
        spread = tally.spread()
        durations = (spread.min_ms, spread.median_ms, spread.mean_ms, spread.p95_ms, spread.max_ms)
        lines.append(f"| {name} | {tally.bad} | {tally.number} | {' | '.join(map(wording.duration, durations))} |")
    if len(rows) > MOST_STATISTICS:
        lines += ["", f"… and {len(rows) - MOST_STATISTICS} more, that took less time"]
    return [*lines, "", "</details>", ""]


def _leftovers(results: Results) -> list[str]:
    left = [resource for resource in results.resources if resource.is_leftover]
    if not left:
        return []
    shown = [f"- {text(item.kind, 60)} {_code(item.name)} ({text(item.state, 20)})" for item in left[:50]]
    more = [f"- … and {len(left) - 50} more"] if len(left) > 50 else []
    return ["### Leftovers", "", *shown, *more, "", "`stackprobe sweep` removes them.", ""]


def _notes(results: Results) -> list[str]:
    if not results.notes:
        return []
    return ["### Notes", "", *(f"- {text(note.message)}" for note in results.notes[:50]), ""]


def _foot(results: Results) -> list[str]:
    versions = [f"stackprobe {results.stackprobe}" if results.stackprobe else ""]
    versions += [f"openstacksdk {results.openstacksdk}" if results.openstacksdk else ""]
    return [" · ".join(text(version) for version in versions if version), ""]


def _trim(lines: list[str]) -> str:
    whole = "\n".join(lines)
    if len(whole.encode("utf-8", "replace")) <= LARGEST:
        return whole
    note = "\n… the rest was left out: this page has a largest size. report.html has everything.\n"
    room, kept = LARGEST - len(note.encode()), []
    for line in lines:
        room -= len(line.encode("utf-8", "replace")) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join(kept) + note
