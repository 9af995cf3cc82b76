"""How plays and tasks of Ansible become records of a journal: a play is a scenario, a task on a host is a step."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from stackprobe import __version__
from stackprobe.journal.reader import FORMAT
from stackprobe.journal.writer import Journal
from stackprobe.metricname import key_of
from stackprobe.naming import new_run_id
from stackprobe.recording.statsd import Reported
from stackprobe.recording.tags import Tags
from stackprobe.recording.verdict import Verdict

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_ORDER = ("failed", "error", "passed", "skipped")
_RUN_LEVEL = "run"
_DEADLINE_S = 86_400
_MOST_NAMED = 20
_JINJA = re.compile(r"\{\{|\}\}|\{%|%\}")


@dataclass(frozen=True)
class Place:
    """What was probed, under which labels, and what its figures are called (``stackprobe``, ``apimon``, ``tags``)."""

    cloud: str
    region: str | None = None
    environment: str | None = None
    zone: str | None = None
    naming: tuple[str, ...] = ()


@dataclass
class Play:
    """A scenario under way."""

    name: str
    start_t: float
    outcomes: set[str] = field(default_factory=set)
    handled: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Task:
    """A task that runs, or ran, on one host.

    :ivar name: for people; ``raw_name`` is the same before templating and gives the key of its metrics.
    """

    name: str
    host: str
    raw_name: str | None = None
    action: str | None = None
    tags: Tags = field(default_factory=Tags)
    file: str | None = None
    line: int | None = None
    seq: int = 0
    start_t: float = 0.0
    scenario: str = ""

    @property
    def step(self) -> str:
        """Its name as a step. Hosts are told apart, the runner itself needs no name."""
        return self.name if self.host in LOCAL_HOSTS else f"{self.name} [{self.host}]"


class Chronicle:
    """Writes one run.

    :param first_seq: number of the first step; of a journal that another process has begun, one that it does not use.
    """

    def __init__(self, journal: Journal, first_seq: int = 0) -> None:
        self._journal = journal
        self._seq = first_seq
        self._plays: dict[Hashable, Play] = {}
        self._taken: Counter[str] = Counter()
        self._reserved: dict[Hashable, str] = {}
        self.play: Play | None = None

    def open(
        self, place: Place, plays: Iterable[tuple[Hashable, str, str | None]], t: float | None = None, **facts: Any
    ) -> None:
        """The first record.

        :param plays: key, name and file of each play that is known to come.
        :param facts: other fields of the record.
        """
        t = time.time() if t is None else t
        scenarios = [{"name": self.reserve(key, name), "file": file} for key, name, file in plays]
        self._journal.write(
            "run",
            t=t,
            version=FORMAT,
            run=new_run_id(time.time(), _DEADLINE_S),
            cloud=place.cloud,
            region=place.region,
            environment=place.environment,
            zone=place.zone,
            prefix="stackprobe",
            metrics_naming=list(place.naming),
            stackprobe=__version__,
            scenarios=scenarios,
            verify=None,
            **facts,
        )

    def reserve(self, key: Hashable, name: str) -> str:
        """The name of the scenario that a play becomes: its own; of those of the same name, one gets a number."""
        if key not in self._reserved:
            wanted = " ".join(name.split()) or "play"
            wanted = f"play {wanted}" if wanted == _RUN_LEVEL else wanted
            self._taken[wanted] += 1
            count = self._taken[wanted]
            self._reserved[key] = wanted if count == 1 else f"{wanted} ({count})"
        return self._reserved[key]

    def begin_play(self, key: Hashable, name: str, t: float | None = None) -> None:
        """A play begins, or goes on (``serial``); the one before is over."""
        if key in self._plays:
            self.play = self._plays[key]
            return
        self.end_play(t)
        t = time.time() if t is None else t
        self.play = self._plays[key] = Play(self.reserve(key, name), t)
        self._journal.write("scenario_start", t=t, scenario=self.play.name)

    def end_play(self, t: float | None = None, message: str | None = None) -> None:
        """The play that is under way, if any, is over.

        :param message: why, where it had nothing to do.
        """
        play, self.play = self.play, None
        if play is None:
            return
        t = time.time() if t is None else t
        for how, tasks in play.handled.items():
            left_out = f" and {len(tasks) - _MOST_NAMED} more" if len(tasks) > _MOST_NAMED else ""
            named = "; ".join(tasks[:_MOST_NAMED]) + left_out
            self.note(f"{how} by the playbook, though not successful: {named}", t=t, scenario=play.name)
        self._journal.write(
            "scenario_end",
            t=t,
            scenario=play.name,
            outcome=worst(play.outcomes),
            duration_ms=round(max(t - play.start_t, 0.0) * 1000, 3),
            message=message,
        )

    def begin(self, task: Task, t: float | None = None) -> Task:
        """A task begins on a host."""
        task.start_t = time.time() if t is None else t
        task.scenario = self.play.name if self.play else _RUN_LEVEL
        task.seq = self._seq
        self._seq += 1
        return task

    def end(self, task: Task, verdict: Verdict, duration_ms: float, t: float | None = None) -> None:
        """It ended."""
        t = time.time() if t is None else t
        if self.play is not None and self.play.name == task.scenario:
            self.play.outcomes.add(verdict.outcome)
            if verdict.handled:
                self.play.handled.setdefault(verdict.handled, []).append(task.step)
        self._journal.write(
            "step",
            t=t,
            scenario=task.scenario,
            step=task.step,
            key=key_of(_JINJA.sub(" ", task.raw_name or task.name)),
            zone=task.tags.zone,
            metrics=list(task.tags.metrics),
            service=task.tags.service,
            host=task.host,
            action=task.action,
            handled=verdict.handled,
            kind="task",
            seq=task.seq,
            start_t=task.start_t,
            outcome=verdict.outcome,
            duration_ms=round(max(duration_ms, 0.0), 3),
            message=verdict.message,
            file=task.file,
            line=task.line,
            retries=verdict.retries,
            figures={"handled": 1} if verdict.handled else None,
        )
        for item in verdict.items:
            self._journal.write(
                "check",
                t=t,
                scenario=task.scenario,
                step=task.step,
                seq=task.seq,
                check=item.label,
                outcome=item.outcome,
                expected=None if item.message is None else "success",
                actual=item.message,
            )

    def trouble(self, name: str, outcome: str, message: str, remedy: str | None = None) -> None:
        """Something that concerns the run as a whole and is no task's fault."""
        self._journal.write(
            "step",
            scenario=_RUN_LEVEL,
            step=name,
            key=key_of(name),
            kind="task",
            seq=self._seq,
            start_t=time.time(),
            outcome=outcome,
            duration_ms=0,
            message=message,
            remedy=remedy,
        )
        self._seq += 1

    def call(self, call: Reported, arrived_t: float, task: Task | None) -> None:
        """A request to a cloud API that openstacksdk told of.

        :param task: the one task that ran then; None: there was none, or several.
        """
        duration_ms = call.duration_ms
        scenario = task.scenario if task else self.play.name if self.play else _RUN_LEVEL
        self._journal.write(
            "call",
            t=arrived_t,
            scenario=scenario,
            step=task.step if task else None,
            seq=task.seq if task else None,
            service=call.service,
            method=call.method,
            url=call.resource,
            resource=call.resource,
            status=call.status,
            error="no answer" if call.status is None else None,
            duration_ms=duration_ms or 0,
            timed=duration_ms is not None,
            start_t=arrived_t - (duration_ms or 0) / 1000,
            attempt=1,
        )

    def note(self, message: str, *, level: str = "info", scenario: str | None = None, t: float | None = None) -> None:
        """Something that a reader of the report should know."""
        self._journal.write("note", t=time.time() if t is None else t, level=level, message=message, scenario=scenario)

    def close(self, outcome: str, start_t: float, t: float | None = None, reason: str | None = None) -> None:
        """The last record."""
        t = time.time() if t is None else t
        self._journal.write(
            "end",
            t=t,
            outcome=outcome,
            exit_code={"passed": 0, "failed": 1}.get(outcome, 2),
            duration_ms=round(max(t - start_t, 0.0) * 1000, 3),
            leftovers=None,
            reason=reason,
        )


def worst(outcomes: Iterable[str]) -> str:
    """The worst of some outcomes: failed before error before passed before skipped, which nothing at all is too."""
    return min(outcomes, key=_ORDER.index, default="skipped")
