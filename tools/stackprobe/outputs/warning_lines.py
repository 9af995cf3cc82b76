"""What is slow or degraded in a run, one short line of plain text each: for Zuul's ``warnings``, MQTT, a chat.

Each line begins with a word that stays the same from version to version (``unfinished``, ``ended early``, ``alarm``,
``no alarm yet``, ``service level``, ``flapping``, ``too slow``,
``not deleted``, ``leftovers``, ``slow``, ``retried``, ``note``), the most important first.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackprobe.outputs import wording
from stackprobe.outputs.clean import one_line
from stackprobe.results import Outcome, Results, Step

#: Most lines, and most characters of one.
MOST = 20
LONGEST = 200
#: A step that passed and took more than this share of its limit is worth a line.
NEAR_LIMIT = 0.8
#: Steps whose purpose is that something is gone.
_DELETING = ("delete", "teardown")


def warning_lines(results: Results) -> list[str]:
    """At most 20 lines of at most 200 characters. Where there is more to say, the last one says how much."""
    lines = list(dict.fromkeys(one_line(line, LONGEST) for line in _all(results)))
    if len(lines) > MOST:
        lines = [*lines[: MOST - 1], f"… and {len(lines) - MOST + 1} more warnings, see report.html"]
    return lines


def service_level_lines(results: Results) -> list[str]:
    """What is to be said of service levels alone, for a terminal."""
    return [one_line(line, LONGEST) for line in _service_levels(results)]


def _all(results: Results) -> Iterator[str]:
    if not results.finished:
        yield "unfinished: the journal ends before its end (killed, crashed, or out of time)"
    elif results.end_reason:
        yield f"ended early: {results.end_reason}"
    yield from _service_levels(results)
    for step in results.steps:
        if step.outcome is Outcome.FAILED and _share(step) > 1:
            yield f"too slow: {_where(step)}: {wording.duration(step.duration_ms)}, {_limit(step)}"
    for step in results.steps:
        if step.outcome.is_bad and step.kind in _DELETING and _share(step) <= 1:
            yield f"not deleted: {_where(step)}: {step.message or step.outcome}"
    if results.leftovers:
        left = [f"{item.kind} {item.name}" for item in results.resources if item.is_leftover]
        yield f"leftovers: {results.leftovers}" + (f" ({', '.join(left)})" if left else "")
    near = [step for step in results.steps if step.outcome is Outcome.PASSED and _share(step) > NEAR_LIMIT]
    for step in sorted(near, key=_share, reverse=True):
        yield f"slow: {_where(step)}: {wording.duration(step.duration_ms)}, {_share(step):.0%} of its {_limit(step)}"
    retried = [step for step in results.steps if step.retries]
    for step in sorted(retried, key=lambda step: step.retries, reverse=True):
        yield f"retried: {_where(step)}: {wording.counted(step.retries, 'retry', 'retries')}, then {step.outcome}"
    for note in results.notes:
        if note.level == "warning":
            yield f"note: {f'{note.scenario}: ' if note.scenario else ''}{note.message}"


def _service_levels(results: Results) -> Iterator[str]:
    """The state where the exit code follows it; else what this run says."""
    found = results.service_levels
    if found is None:
        return
    if found.run:
        yield from (f"alarm: {line}" for line in found.run.alarms)
        yield from (f"no alarm yet: {line}" for line in found.run.blips)
        yield from (f"no alarm yet: {one.rule}: {one.reason}" for one in found.bad if not one.damped.alarm)
    else:
        yield from (f"service level: {one.rule}: {one.reason} ({one.damped.text})" for one in found.bad)
        recovering = [one for one in found.alarms if one.ok is not False]
        yield from (f"service level: {one.rule}: {one.damped.text}; this run: {one.word}" for one in recovering)
    yield from (f"flapping: {one.rule}" for one in found.verdicts if one.damped.flapping)


def _where(step: Step) -> str:
    return f"{step.scenario}, {one_line(step.name, 80)}"


def _share(step: Step) -> float:
    """How much of its limit a step took; none of it while the runner itself starved."""
    return step.duration_ms / step.limit_ms if step.limit_ms and not step.starved else 0.0


def _limit(step: Step) -> str:
    return f"limit of {wording.duration(step.limit_ms)}"
