"""The parts of a run's results, as the records of its journal tell them one by one, in any order."""

from __future__ import annotations

from typing import Any

from stackprobe.journal.reader import Record
from stackprobe.results import fields as f
from stackprobe.results.model import RUN_LEVEL, Call, Check, Note, Resource, Results, Scenario, Step
from stackprobe.results.outcome import ORDER, Outcome, parse

Unit = tuple[str, int]
"""A scenario and the number of its repetition."""

MOST_REPETITIONS = 100
"""So many of a scenario are believed to have been planned."""

MOST_ATTACHMENTS = 10
"""So many files of a step are told of."""


class Parts:
    """What the records say, not yet joined.

    :ivar results: what is known of the run as a whole, and its calls and notes.
    :ivar suites: the scenarios, each repetition for itself.
    :ivar planned: how often each scenario was to run.
    :ivar steps: by their sequence numbers.
    :ivar checks: each with the sequence number of its step.
    :ivar resources: by kind and name.
    :ivar verdicts: what scenarios that ended say of themselves.
    :ivar last_t: when the last record of a scenario was written (unix seconds).
    :ivar latest_t: when the last one of all was.
    :ivar end_outcome: what the run, once it ended, says of itself.
    """

    def __init__(self) -> None:
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
        suite = self.of(_unit(fields))
        if suite.start_t is None:
            suite.start_t = f.moment(fields, "start_t") or f.moment(fields, "t")
        return suite

    def of(self, unit: Unit) -> Scenario:
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
                self.note(
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
            self.note("warning", f"step {known.name!r} is recorded twice; its worse record counts", suite.name)
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
        self.note(f.text(fields, "level") or "info", f.text(fields, "message") or "", f.text(fields, "scenario"))

    def _take_end(self, fields: dict[str, Any]) -> None:
        run = self.results
        run.finished = True
        run.duration_ms = f.duration(fields, "duration_ms") or 0.0
        run.end_reason = f.text(fields, "reason")
        run.leftovers_known = fields.get("leftovers", 0) is not None
        run.journal_leftovers = max(f.integer(fields, "leftovers") or 0, 0)
        self.end_outcome = parse(fields.get("outcome"))

    def note(self, level: str, message: str, scenario: str | None = None) -> None:
        """Note something, once."""
        note = Note(level, message, scenario)
        if message and note not in self.results.notes:
            self.results.notes.append(note)


def _unit(fields: dict[str, Any]) -> Unit:
    return f.text(fields, "scenario") or RUN_LEVEL, max(f.integer(fields, "repetition") or 1, 1)
