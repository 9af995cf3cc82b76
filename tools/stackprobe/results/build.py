"""From the records of a journal to the results of a run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stackprobe.journal.reader import JournalContent, Record
from stackprobe.results import fields as f
from stackprobe.results.model import RUN_LEVEL, Call, Check, Note, Problem, Resource, Results, Scenario, Step
from stackprobe.results.names import StableNames
from stackprobe.results.outcome import ORDER, Outcome, parse, worst_of
from stackprobe.results.repetitions import merged

Unit = tuple[str, int]
"""A scenario and the number of its repetition."""

MOST_REPETITIONS = 100
"""So many of a scenario are believed to have been planned."""

MOST_ATTACHMENTS = 10
"""So many files of a step are told of."""

_UNFINISHED = "unfinished: the journal ends before its end (killed, crashed, or out of time)"


def build(content: JournalContent, records: Iterable[Record] | None = None) -> Results:
    """Build the results of a run from its journal, also when it is cut.

    What was not finished is an error, unless a step had failed: then it is failed, and both are reported.

    :param records: the journal's, where they are read one by one; default: ``content.records``.
    """
    builder = _Builder(content)
    for record in content.records if records is None else records:
        builder.take(record)
    return builder.finish()


class _Builder:
    def __init__(self, content: JournalContent) -> None:
        self.content = content
        self.results = Results()
        self.suites: dict[Unit, Scenario] = {}
        self.planned: dict[str, int] = {}
        self.steps: dict[int, Step] = {}
        self.checks: list[tuple[int | None, Check]] = []
        self.resources: dict[tuple[str, str], Resource] = {}
        self.verdicts: dict[Unit, Outcome] = {}
        self.last_t: dict[Unit, float] = {}
        self.latest_t = 0.0
        self.end_outcome: Outcome | None = None

    def take(self, record: Record) -> None:
        """Take one record. Unknown types are ignored; the reader has noted them."""
        handler = getattr(self, f"_take_{record.type}", None)
        if handler is None:
            return
        t = f.moment(record.fields, "t")
        if t is not None:
            self.latest_t = max(self.latest_t, t)
            if record.fields.get("scenario"):
                unit = _unit(record.fields)
                self.last_t[unit] = max(self.last_t.get(unit, 0.0), t)
        handler(record.fields)

    def _suite(self, fields: dict[str, Any]) -> Scenario:
        suite = self._of(_unit(fields))
        if suite.start_t is None:
            suite.start_t = f.moment(fields, "start_t") or f.moment(fields, "t")
        return suite

    def _of(self, unit: Unit) -> Scenario:
        """The scenario of a unit; a repetition is described as the first one is."""
        if unit not in self.suites:
            name, repetition = unit
            plan = self.suites.get((name, 1)) or Scenario(name)
            self.suites[unit] = Scenario(
                name, plan.description, plan.tags, plan.services, plan.file, repetition=repetition
            )
        return self.suites[unit]

    def _take_run(self, fields: dict[str, Any]) -> None:
        run = self.results
        run.known = True
        run.run_id = f.text(fields, "run") or run.run_id
        run.cloud = f.text(fields, "cloud") or run.cloud
        run.region = f.text(fields, "region")
        run.label, run.region_label = f.text(fields, "label"), f.text(fields, "region_label")
        run.environment, run.zone = f.text(fields, "environment"), f.text(fields, "zone")
        run.prefix = f.text(fields, "prefix") or run.prefix
        run.metrics_prefix = f.text(fields, "metrics_prefix") or run.prefix
        run.metrics_naming = tuple(f.texts(fields, "metrics_naming"))
        run.stackprobe = f.text(fields, "stackprobe") or ""
        run.ansible, run.python = f.text(fields, "ansible"), f.text(fields, "python")
        run.openstacksdk, run.host = f.text(fields, "openstacksdk"), f.text(fields, "host")
        run.config = f.text(fields, "config")
        run.verify = None if fields.get("verify", True) is None else f.flag(fields, "verify", True)
        rules = fields.get("service_levels")
        run.rules = dict(rules) if isinstance(rules, dict) else {}
        run.verdict_mode = f.text(fields, "verdict") or "raw"
        ci = fields.get("ci")
        run.ci = dict(ci) if isinstance(ci, dict) else {}
        run.deadline_s = f.duration(fields, "deadline_s")
        run.trigger_t = f.moment(fields, "trigger_t")
        run.start_delay_ms = f.duration(fields, "start_delay_ms")
        run.start_t = f.moment(fields, "t") or 0.0
        planned = fields.get("scenarios")
        for plan in planned if isinstance(planned, list) else []:
            name = f.text(plan, "name") if isinstance(plan, dict) else None
            if name == RUN_LEVEL:
                self._note(
                    "warning", f"the journal plans a scenario {name!r}: that is what the run as a whole is called"
                )
            elif name:
                self.planned[name] = min(max(f.integer(plan, "repeat") or 1, 1), MOST_REPETITIONS)
                self.suites[name, 1] = Scenario(
                    name,
                    description=f.text(plan, "description") or "",
                    tags=f.texts(plan, "tags"),
                    services=f.texts(plan, "services"),
                    file=f.text(plan, "file"),
                )

    def _take_scenario_start(self, fields: dict[str, Any]) -> None:
        self._suite(fields).start_t = f.moment(fields, "t")

    def _take_step(self, fields: dict[str, Any]) -> None:
        suite = self._suite(fields)
        seq = f.integer(fields, "seq")
        step = Step(
            scenario=suite.name,
            name=f.text(fields, "step") or f.text(fields, "key") or "step",
            key=f.text(fields, "key") or f.text(fields, "step") or "step",
            zone=f.text(fields, "zone"),
            kind=f.text(fields, "kind") or "call",
            seq=-1 - len(self.steps) if seq is None else seq,
            start_t=f.moment(fields, "start_t") or f.moment(fields, "t") or 0.0,
            outcome=parse(fields.get("outcome")),
            duration_ms=f.duration(fields, "duration_ms") or 0.0,
            message=f.text(fields, "message"),
            remedy=f.text(fields, "remedy"),
            file=f.text(fields, "file"),
            line=f.integer(fields, "line"),
            limit_ms=f.duration(fields, "limit_ms"),
            deadline_ms=f.duration(fields, "deadline_ms"),
            retries=max(f.integer(fields, "retries") or 0, 0),
            scheduling_ms=f.duration(fields, "scheduling_ms") or 0.0,
            starved=f.flag(fields, "starved"),
            precision_ms=f.duration(fields, "precision_ms"),
            polls=f.integer(fields, "polls"),
            http_status=f.integer(fields, "http_status"),
            request_id=f.text(fields, "request_id"),
            figures=f.numbers(fields, "figures"),
            attachments=tuple(f.texts(fields, "attachments")[:MOST_ATTACHMENTS]),
            metrics=tuple(f.texts(fields, "metrics")),
            service=f.text(fields, "service"),
            host=f.text(fields, "host"),
            action=f.text(fields, "action"),
            handled=f.text(fields, "handled"),
            repetition=suite.repetition,
        )
        if step.service and step.service not in suite.services:
            suite.services = [*suite.services, step.service]
        known = self.steps.get(step.seq)
        if known is not None:
            self._note("warning", f"step {known.name!r} is recorded twice; its worse record counts", suite.name)
            if ORDER.index(known.outcome) <= ORDER.index(step.outcome):
                return
        self.steps[step.seq] = step

    def _take_check(self, fields: dict[str, Any]) -> None:
        self._suite(fields)
        name = f.text(fields, "check") or "check"
        check = Check(name, parse(fields.get("outcome")), fields.get("expected"), fields.get("actual"))
        self.checks.append((f.integer(fields, "seq"), check))

    def _take_call(self, fields: dict[str, Any]) -> None:
        suite = self._suite(fields)
        self.results.calls.append(
            Call(
                scenario=suite.name,
                step=f.text(fields, "step"),
                seq=f.integer(fields, "seq"),
                service=f.text(fields, "service") or "unknown",
                method=f.text(fields, "method") or "GET",
                url=f.text(fields, "url") or "",
                resource=f.text(fields, "resource") or "unknown",
                status=f.integer(fields, "status"),
                error=f.text(fields, "error"),
                duration_ms=f.duration(fields, "duration_ms") or 0.0,
                connect_ms=f.duration(fields, "connect_ms"),
                tls_ms=f.duration(fields, "tls_ms"),
                request_id=f.text(fields, "request_id"),
                attempt=max(f.integer(fields, "attempt") or 1, 1),
                start_t=f.moment(fields, "start_t") or f.moment(fields, "t") or 0.0,
                starved=not f.flag(fields, "timed", True),
                timed=f.flag(fields, "timed", True),
                repetition=suite.repetition,
            )
        )

    def _take_resource(self, fields: dict[str, Any]) -> None:
        suite = self._suite(fields)
        kind, name = f.text(fields, "kind") or "resource", f.text(fields, "name") or "unnamed"
        known = self.resources.get((kind, name))
        identity = f.text(fields, "id") or (known.id if known else None)
        state = f.text(fields, "state") or "leftover"
        if known is None:
            self.resources[kind, name] = Resource(suite.name, kind, name, identity, state, suite.repetition)
        else:
            known.id, known.state = identity, state

    def _take_scenario_end(self, fields: dict[str, Any]) -> None:
        suite = self._suite(fields)
        suite.finished = True
        suite.duration_ms = f.duration(fields, "duration_ms")
        suite.message = f.text(fields, "message")
        self.verdicts[suite.name, suite.repetition] = parse(fields.get("outcome"))

    def _take_note(self, fields: dict[str, Any]) -> None:
        self._note(f.text(fields, "level") or "info", f.text(fields, "message") or "", f.text(fields, "scenario"))

    def _take_end(self, fields: dict[str, Any]) -> None:
        run = self.results
        run.finished = True
        run.duration_ms = f.duration(fields, "duration_ms") or 0.0
        run.end_reason = f.text(fields, "reason")
        run.leftovers_known = fields.get("leftovers", 0) is not None
        run.journal_leftovers = max(f.integer(fields, "leftovers") or 0, 0)
        self.end_outcome = parse(fields.get("outcome"))

    def _note(self, level: str, message: str, scenario: str | None = None) -> None:
        note = Note(level, message, scenario)
        if message and note not in self.results.notes:
            self.results.notes.append(note)

    def finish(self) -> Results:
        """Join the parts and judge."""
        run = self.results
        self._join()
        run.run_level = self.suites.pop((RUN_LEVEL, 1), None)
        self._miss_repetitions()
        for scenario in self.suites.values():
            self._judge_scenario(scenario)
        names = dict.fromkeys(name for name, _ in self.suites)
        run.scenarios = [merged(self._repetitions(name), run.run_id) for name in names]
        self._judge_run()
        if run.verify is False:
            self._note("warning", "TLS certificates were not verified (verify: false)")
        for message in self.content.notes:
            self._note("warning", message)
        starved = sum(step.starved for step in run.steps)
        if starved:
            share = f"{starved} of {len(run.steps)} steps"
            self._note("warning", f"the runner itself starved during {share}; metrics leave their durations out")
        return run

    def _repetitions(self, name: str) -> list[Scenario]:
        found = [suite for (one, _), suite in self.suites.items() if one == name]
        return sorted(found, key=lambda suite: suite.repetition)

    def _miss_repetitions(self) -> None:
        """Repetitions that never began are missed, unless the scenario was closed before its first step."""
        for name, times in self.planned.items():
            first = self.suites[name, 1]
            if first.finished and first.steps and all(step.kind == "plan" for step in first.steps):
                continue
            for repetition in range(2, times + 1):
                self._of((name, repetition))

    def _join(self) -> None:
        """Put steps, checks, calls and resources where they belong."""
        names: dict[Unit, StableNames] = {}
        for seq in sorted(self.steps):
            step = self.steps[seq]
            unit = (step.scenario, step.repetition)
            step.name = names.setdefault(unit, StableNames(self.results.run_id)).give(step.name, step.zone)
            self.suites[unit].steps.append(step)
        for check_seq, check in self.checks:
            owner = self.steps.get(check_seq) if check_seq is not None else None
            if owner is not None:
                owner.checks.append(check)
        for call in self.results.calls:
            owner = self.steps.get(call.seq) if call.seq is not None else None
            if owner is not None:
                owner.calls.append(call)
                call.starved = call.starved or owner.starved
            else:
                self.suites[call.scenario, call.repetition].calls_without_step.append(call)
        for resource in self.resources.values():
            self.suites[resource.scenario, resource.repetition].resources.append(resource)

    def _judge_scenario(self, scenario: Scenario) -> None:
        steps = worst_of((step.outcome for step in scenario.steps), nothing=Outcome.SKIPPED)
        if not scenario.finished:
            started = scenario.start_t is not None
            scenario.problems.append(Problem(Outcome.ERROR, self._why_unfinished(started)))
            if started and scenario.start_t is not None:
                unit = (scenario.name, scenario.repetition)
                last = max([self.last_t.get(unit, 0.0), *(s.start_t for s in scenario.steps)])
                scenario.duration_ms = max(last - scenario.start_t, 0.0) * 1000
        else:
            verdict = self.verdicts[scenario.name, scenario.repetition]
            if not scenario.steps and verdict is Outcome.PASSED:
                scenario.problems.append(Problem(Outcome.ERROR, "nothing ran: the scenario has no step"))
            elif verdict is Outcome.SKIPPED and steps is not Outcome.SKIPPED:
                pass  # steps that ran say more than a verdict that nothing did
            elif ORDER.index(verdict) < ORDER.index(steps):
                message = scenario.message or f"the scenario ended as {verdict} although no step shows why"
                if not (verdict is Outcome.PASSED and steps is Outcome.SKIPPED):
                    scenario.problems.append(Problem(verdict, message))
        scenario.outcome = worst_of([steps, *(problem.outcome for problem in scenario.problems)])

    def _why_unfinished(self, started: bool) -> str:
        run = self.results
        if run.finished:
            because = f"the run ended early ({run.end_reason})" if run.end_reason else "the run ended without it"
            return f"unfinished: {because}" if started else f"unfinished: never started, {because}"
        return _UNFINISHED if started else "unfinished: never started, the journal ends before it"

    def _judge_run(self) -> None:
        run = self.results
        problems: list[Problem] = []
        if not run.finished:
            where = f" at line {self.content.cut_line}" if self.content.cut_line else ""
            problems.append(Problem(Outcome.ERROR, f"{_UNFINISHED}{where}"))
            run.duration_ms = max(self.latest_t - run.start_t, 0.0) * 1000 if run.start_t else 0.0
        elif not run.scenarios:
            problems.append(Problem(Outcome.ERROR, "nothing ran: no scenario was selected"))
        elif all(scenario.outcome is Outcome.SKIPPED for scenario in run.scenarios):
            problems.append(Problem(Outcome.ERROR, "nothing was proven: every scenario was skipped"))
        suite = run.run_level
        steps = worst_of((step.outcome for step in suite.steps), nothing=Outcome.PASSED) if suite else Outcome.PASSED
        found = worst_of([steps, *(p.outcome for p in problems), *(s.outcome for s in run.scenarios)])
        if self.end_outcome is not None and ORDER.index(self.end_outcome) < ORDER.index(found):
            reason = f" ({run.end_reason})" if run.end_reason else ""
            problems.append(Problem(self.end_outcome, f"the run ended as {self.end_outcome}{reason}"))
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


def _unit(fields: dict[str, Any]) -> Unit:
    return f.text(fields, "scenario") or RUN_LEVEL, max(f.integer(fields, "repetition") or 1, 1)
