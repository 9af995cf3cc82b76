"""What a run found, as data. Units stand in the names; times are unix seconds of the runner's clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stackprobe.results.outcome import Outcome, exit_code, worst_of
from stackprobe.service_levels.verdict import Evaluation

#: Pseudo scenario of what belongs to the run as a whole: the first authentication, the playbook itself.
RUN_LEVEL = "run"


@dataclass(slots=True)
class Check:
    """An assertion on what a step returned."""

    name: str
    outcome: Outcome
    expected: Any
    actual: Any


@dataclass(slots=True)
class Call:
    """One HTTP request to a cloud API. Each attempt is one.

    :ivar url: path without ids and without query.
    :ivar resource: what was asked for, as a part of a metric name.
    :ivar status: HTTP status, None when no answer came (then `error` says why).
    :ivar starved: its step ran while the runner itself starved, or nobody told how long it took; its duration says
        nothing about the cloud.
    :ivar timed: False: nobody told, and `duration_ms` is 0.
    """

    scenario: str
    step: str | None
    seq: int | None
    service: str
    method: str
    url: str
    resource: str
    status: int | None
    error: str | None
    duration_ms: float
    connect_ms: float | None
    tls_ms: float | None
    request_id: str | None
    attempt: int
    start_t: float
    starved: bool = False
    timed: bool = True
    repetition: int = 1

    @property
    def is_bad(self) -> bool:
        """No answer came, or one that says that the service is at fault."""
        return self.status is None or self.status >= 500


@dataclass(slots=True)
class Step:
    """One measured action.

    :ivar name: unique in its scenario and the same in every run.
    :ivar key: name in metrics; `zone` is a part of its own there.
    :ivar scheduling_ms: delay of the runner before the step, not in `duration_ms`.
    :ivar precision_ms: of a wait, the state was reached at most this much earlier.
    :ivar figures: what else it measured, by names that end with their unit.
    :ivar attachments: files beside the journal that belong to it.
    :ivar metrics: names of the figures that it is a part of, of an Ansible task with tags ``metric=…``; ``service``
        and ``zone`` likewise.
    :ivar host: the host that an Ansible task ran for; ``action`` is its module.
    :ivar handled: it did not succeed, and the playbook says what then: ``ignored`` or ``rescued``.
    """

    scenario: str
    name: str
    key: str
    zone: str | None
    kind: str
    seq: int
    start_t: float
    outcome: Outcome
    duration_ms: float
    message: str | None = None
    remedy: str | None = None
    file: str | None = None
    line: int | None = None
    limit_ms: float | None = None
    deadline_ms: float | None = None
    retries: int = 0
    scheduling_ms: float = 0.0
    starved: bool = False
    precision_ms: float | None = None
    polls: int | None = None
    http_status: int | None = None
    request_id: str | None = None
    figures: dict[str, float] = field(default_factory=dict)
    attachments: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    service: str | None = None
    host: str | None = None
    action: str | None = None
    handled: str | None = None
    repetition: int = 1
    checks: list[Check] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)


@dataclass(slots=True)
class Problem:
    """Something wrong with a scenario or a run that no single step shows: unfinished, ended early, nothing ran."""

    outcome: Outcome
    message: str


@dataclass(slots=True)
class Resource:
    """Something the run made, in its last known state. What is not `deleted` at the end is a leftover."""

    scenario: str
    kind: str
    name: str
    id: str | None
    state: str
    repetition: int = 1

    @property
    def is_leftover(self) -> bool:
        return self.state != "deleted"


@dataclass(slots=True)
class Note:
    """What a reader of the report should know, such as that certificates were not verified."""

    level: str
    message: str
    scenario: str | None = None


@dataclass(slots=True)
class Scenario:
    """One behaviour that was probed.

    :ivar outcome: the worst of its steps, its problems and the engine's own verdict.
    :ivar problems: what no step shows; reported beside the steps, never instead of them.
    :ivar calls_without_step: calls of a step whose end was never recorded.
    :ivar repetition: which one it is of those that a run makes of it, counted from 1.
    :ivar repetitions: of a scenario that ran several times each time by itself; empty when it ran once.
    """

    name: str
    description: str = ""
    tags: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    file: str | None = None
    start_t: float | None = None
    duration_ms: float | None = None
    outcome: Outcome = Outcome.ERROR
    message: str | None = None
    finished: bool = False
    steps: list[Step] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    calls_without_step: list[Call] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)
    repetition: int = 1
    repetitions: list[Scenario] = field(default_factory=list)

    @property
    def retries(self) -> int:
        """Tries beyond the first, over all steps."""
        return sum(step.retries for step in self.steps)

    @property
    def leftovers(self) -> int:
        """Resources that it made and that are not known to be deleted."""
        return sum(resource.is_leftover for resource in self.resources)

    @property
    def bad_steps(self) -> list[Step]:
        """Steps that failed or erred, failed ones first."""
        bad = [step for step in self.steps if step.outcome.is_bad]
        return sorted(bad, key=lambda step: step.outcome is not Outcome.FAILED)


@dataclass(slots=True)
class Results:
    """One run on one cloud.

    :ivar known: False when the journal was cut within its first record; then not even the cloud is known.
    :ivar label: what the cloud is called in metrics, if not by its name; ``region_label`` likewise.
    :ivar environment: a label of what is probed, such as ``production``; ``zone`` says where that is.
    :ivar metrics_naming: what figures are called in metrics.txt, by names of namings; none: as by default.
    :ivar scenarios: everything that was selected, in the order of the selection.
    :ivar run_level: what belongs to the run as a whole, or None when there is nothing of the kind.
    :ivar verify: whether TLS certificates were checked; None, of other people's playbooks: not known.
    :ivar journal_leftovers: the engine's own count at the end, which may exceed what the journal lists.
    :ivar leftovers_known: False, of other people's playbooks: nobody counted what they made.
    :ivar rules: the service levels that held for the run, as the configuration had them.
    :ivar verdict_mode: ``raw``, or ``damped`` where the exit code follows the runs before, too.
    :ivar service_levels: what was found about them; None where nothing was judged.
    """

    known: bool = False
    run_id: str = "unknown"
    cloud: str = "unknown"
    region: str | None = None
    label: str | None = None
    region_label: str | None = None
    environment: str | None = None
    zone: str | None = None
    prefix: str = "stackprobe"
    metrics_prefix: str = "stackprobe"
    metrics_naming: tuple[str, ...] = ()
    stackprobe: str = ""
    ansible: str | None = None
    python: str | None = None
    openstacksdk: str | None = None
    host: str | None = None
    config: str | None = None
    verify: bool | None = True
    ci: dict[str, Any] = field(default_factory=dict)
    deadline_s: float | None = None
    trigger_t: float | None = None
    start_delay_ms: float | None = None
    start_t: float = 0.0
    duration_ms: float = 0.0
    finished: bool = False
    end_reason: str | None = None
    outcome: Outcome = Outcome.ERROR
    scenarios: list[Scenario] = field(default_factory=list)
    run_level: Scenario | None = None
    calls: list[Call] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    journal_leftovers: int = 0
    leftovers_known: bool = True
    rules: dict[str, Any] = field(default_factory=dict)
    verdict_mode: str = "raw"
    service_levels: Evaluation | None = None

    @property
    def suites(self) -> list[Scenario]:
        """What belongs to the run as a whole, if anything, then the scenarios."""
        return [*([self.run_level] if self.run_level else []), *self.scenarios]

    @property
    def steps(self) -> list[Step]:
        """Every step, run-level ones first."""
        return [step for suite in self.suites for step in suite.steps]

    @property
    def resources(self) -> list[Resource]:
        """Everything the run made or meant to make."""
        return [resource for suite in self.suites for resource in suite.resources]

    @property
    def leftovers(self) -> int:
        """Resources that the run made and that are not known to be deleted."""
        return max(self.journal_leftovers, sum(suite.leftovers for suite in self.suites))

    @property
    def retries(self) -> int:
        """Tries beyond the first, over all steps."""
        return sum(suite.retries for suite in self.suites)

    @property
    def exit_code(self) -> int:
        """0 passed, 1 the cloud failed, 2 the probe could not judge; where the operator wants it, damped."""
        raw = exit_code(self.outcome)
        return raw if self.service_levels is None else self.service_levels.exit_code(raw)

    def count(self, outcome: Outcome) -> int:
        """How many scenarios have this outcome."""
        return sum(scenario.outcome is outcome for scenario in self.scenarios)

    def judge(self) -> Outcome:
        """The outcome of the run: the worst of its suites; an error where nothing passed, failed or erred."""
        scenarios = worst_of((scenario.outcome for scenario in self.scenarios), nothing=Outcome.ERROR)
        if scenarios is Outcome.SKIPPED:
            scenarios = Outcome.ERROR
        return worst_of([scenarios, *([self.run_level.outcome] if self.run_level else [])])
