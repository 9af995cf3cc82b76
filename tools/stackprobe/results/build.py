"""From the records of a journal to the results of a run."""

from __future__ import annotations

from collections.abc import Iterable

from stackprobe.journal.reader import JournalContent, Record
from stackprobe.results.model import RUN_LEVEL, Problem, Results, Scenario
from stackprobe.results.names import StableNames
from stackprobe.results.outcome import ORDER, Outcome, worst_of
from stackprobe.results.parts import Parts, Unit
from stackprobe.results.repetitions import merged

_UNFINISHED = "unfinished: the journal ends before its end (killed, crashed, or out of time)"


def build(content: JournalContent, records: Iterable[Record] | None = None) -> Results:
    """Build the results of a run from its journal, also when it is cut.

    What was not finished is an error, unless a step had failed: then it is failed, and both are reported.

    :param records: the journal's, where they are read one by one; default: ``content.records``.
    """
    parts = Parts()
    for record in content.records if records is None else records:
        parts.take(record)
    return _finished(parts, content)


def _finished(parts: Parts, content: JournalContent) -> Results:
    """The parts joined and judged."""
    run = parts.results
    _join(parts)
    run.run_level = parts.suites.pop((RUN_LEVEL, 1), None)
    _miss_repetitions(parts)
    for scenario in parts.suites.values():
        _judge_scenario(scenario, parts)
    names = dict.fromkeys(name for name, _ in parts.suites)
    run.scenarios = [merged(_repetitions(parts, name), run.run_id) for name in names]
    _judge_run(parts, content.cut_line)
    if run.verify is False:
        parts.note("warning", "TLS certificates were not verified (verify: false)")
    for message in content.notes:
        parts.note("warning", message)
    starved = sum(step.starved for step in run.steps)
    if starved:
        share = f"{starved} of {len(run.steps)} steps"
        parts.note("warning", f"the runner itself starved during {share}; metrics leave their durations out")
    return run


def _repetitions(parts: Parts, name: str) -> list[Scenario]:
    found = [suite for (one, _), suite in parts.suites.items() if one == name]
    return sorted(found, key=lambda suite: suite.repetition)


def _miss_repetitions(parts: Parts) -> None:
    """Repetitions that never began are missed, unless the scenario was closed before its first step."""
    for name, times in parts.planned.items():
        first = parts.suites[name, 1]
        if first.finished and first.steps and all(step.kind == "plan" for step in first.steps):
            continue
        for repetition in range(2, times + 1):
            parts.of((name, repetition))


def _join(parts: Parts) -> None:
    """Put steps, checks, calls and resources where they belong."""
    names: dict[Unit, StableNames] = {}
    for seq in sorted(parts.steps):
        step = parts.steps[seq]
        unit = (step.scenario, step.repetition)
        step.name = names.setdefault(unit, StableNames(parts.results.run_id)).give(step.name, step.zone)
        parts.suites[unit].steps.append(step)
    for check_seq, check in parts.checks:
        owner = parts.steps.get(check_seq) if check_seq is not None else None
        if owner is not None:
            owner.checks.append(check)
    for call in parts.results.calls:
        owner = parts.steps.get(call.seq) if call.seq is not None else None
        if owner is not None:
            owner.calls.append(call)
            call.starved = call.starved or owner.starved
        else:
            parts.suites[call.scenario, call.repetition].calls_without_step.append(call)
    for resource in parts.resources.values():
        parts.suites[resource.scenario, resource.repetition].resources.append(resource)


def _judge_scenario(scenario: Scenario, parts: Parts) -> None:
    steps = worst_of((step.outcome for step in scenario.steps), nothing=Outcome.SKIPPED)
    if not scenario.finished:
        started = scenario.start_t is not None
        scenario.problems.append(Problem(Outcome.ERROR, _why_unfinished(parts.results, started)))
        if started and scenario.start_t is not None:
            unit = (scenario.name, scenario.repetition)
            last = max([parts.last_t.get(unit, 0.0), *(s.start_t for s in scenario.steps)])
            scenario.duration_ms = max(last - scenario.start_t, 0.0) * 1000
    else:
        verdict = parts.verdicts[scenario.name, scenario.repetition]
        if not scenario.steps and verdict is Outcome.PASSED:
            scenario.problems.append(Problem(Outcome.ERROR, "nothing ran: the scenario has no step"))
        elif verdict is Outcome.SKIPPED and steps is not Outcome.SKIPPED:
            pass  # steps that ran say more than a verdict that nothing did
        elif ORDER.index(verdict) < ORDER.index(steps):
            message = scenario.message or f"the scenario ended as {verdict} although no step shows why"
            if not (verdict is Outcome.PASSED and steps is Outcome.SKIPPED):
                scenario.problems.append(Problem(verdict, message))
    scenario.outcome = worst_of([steps, *(problem.outcome for problem in scenario.problems)])


def _why_unfinished(run: Results, started: bool) -> str:
    if run.finished:
        because = f"the run ended early ({run.end_reason})" if run.end_reason else "the run ended without it"
        return f"unfinished: {because}" if started else f"unfinished: never started, {because}"
    return _UNFINISHED if started else "unfinished: never started, the journal ends before it"


def _judge_run(parts: Parts, cut_line: int | None) -> None:
    run = parts.results
    problems: list[Problem] = []
    if not run.finished:
        where = f" at line {cut_line}" if cut_line else ""
        problems.append(Problem(Outcome.ERROR, f"{_UNFINISHED}{where}"))
        run.duration_ms = max(parts.latest_t - run.start_t, 0.0) * 1000 if run.start_t else 0.0
    elif not run.scenarios:
        problems.append(Problem(Outcome.ERROR, "nothing ran: no scenario was selected"))
    elif all(scenario.outcome is Outcome.SKIPPED for scenario in run.scenarios):
        problems.append(Problem(Outcome.ERROR, "nothing was proven: every scenario was skipped"))
    suite = run.run_level
    steps = worst_of((step.outcome for step in suite.steps), nothing=Outcome.PASSED) if suite else Outcome.PASSED
    found = worst_of([steps, *(p.outcome for p in problems), *(s.outcome for s in run.scenarios)])
    if parts.end_outcome is not None and ORDER.index(parts.end_outcome) < ORDER.index(found):
        reason = f" ({run.end_reason})" if run.end_reason else ""
        problems.append(Problem(parts.end_outcome, f"the run ended as {parts.end_outcome}{reason}"))
    if problems and suite is None:
        suite = run.run_level = Scenario(RUN_LEVEL, start_t=run.start_t or None)
    if suite is not None:
        suite.description = suite.description or "The run as a whole"
        suite.problems.extend(problems)
        suite.finished = run.finished
        suite.outcome = worst_of([steps, *(problem.outcome for problem in suite.problems)])
        if suite.duration_ms is None:
            suite.duration_ms = sum(step.duration_ms for step in suite.steps)
    run.outcome = run.judge()
