"""What a rule is about: a step, a scenario, a group of API calls, or the run; and where its figures are found.

Each tells what this run measured of it, and the figures (:mod:`stackprobe.outputs.metrics`) in which earlier runs are.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from stackprobe.history.patterns import matcher
from stackprobe.metricname import key_of, part
from stackprobe.results import Call, Outcome, Results, Scenario, Step
from stackprobe.results.model import RUN_LEVEL

_JUDGED = (Outcome.PASSED, Outcome.FAILED)


@dataclass(frozen=True)
class Tally:
    """How often it went well and how often not; what the probe could not judge is in neither."""

    good: float = 0
    bad: float = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.good + other.good, self.bad + other.bad)

    @property
    def all(self) -> float:
        return self.good + self.bad


class Subject(Protocol):
    """What a rule is about.

    :ivar kind: ``step``, ``scenario``, ``calls`` or ``run``: the key of the configuration.
    :ivar roots: the names of its figures without their last part, as patterns.
    """

    @property
    def kind(self) -> str: ...

    @property
    def roots(self) -> tuple[str, ...]: ...

    @property
    def text(self) -> str:
        """What it is called in reports, the same in every run."""

    def service(self, results: Results) -> str | None:
        """The type of the service that it belongs to."""

    def durations_ms(self, results: Results) -> list[float]:
        """What this run measured of it; nothing while the runner starved or the probe could not judge."""

    def tally(self, results: Results) -> Tally:
        """How often it went well in this run."""

    def leftovers(self, results: Results) -> int | None:
        """What it left in this run; None where that cannot be told."""


@dataclass(frozen=True)
class StepSubject:
    """A step, in all its zones and repetitions."""

    scenario: str
    key: str
    kind: str = "step"

    @property
    def text(self) -> str:
        return f"{self.scenario}/{self.key}"

    @property
    def roots(self) -> tuple[str, ...]:
        name = f"{part(self.scenario)}.{part(self.key)}"
        return name, f"{name}.*"

    def service(self, results: Results) -> str | None:
        return _service_of(_suite(results, self.scenario))

    def durations_ms(self, results: Results) -> list[float]:
        return [s.duration_ms for s in self._steps(results) if not s.starved and s.outcome in _JUDGED]

    def tally(self, results: Results) -> Tally:
        return _tally(step.outcome for step in self._steps(results))

    def leftovers(self, results: Results) -> int | None:
        return None

    def _steps(self, results: Results) -> list[Step]:
        suite = _suite(results, self.scenario)
        return [step for step in suite.steps if step.key == self.key or _key_of(step.key) == self.key] if suite else []


@dataclass(frozen=True)
class ScenarioSubject:
    """A scenario, in all its repetitions."""

    name: str
    kind: str = "scenario"

    @property
    def text(self) -> str:
        return self.name

    @property
    def roots(self) -> tuple[str, ...]:
        return (part(self.name),)

    def service(self, results: Results) -> str | None:
        return _service_of(_suite(results, self.name))

    def durations_ms(self, results: Results) -> list[float]:
        ended = [one for one in self._times(results) if one.finished and one.outcome in _JUDGED]
        return [one.duration_ms for one in ended if one.duration_ms is not None]

    def tally(self, results: Results) -> Tally:
        return _tally(one.outcome for one in self._times(results))

    def leftovers(self, results: Results) -> int | None:
        suite = _suite(results, self.name)
        return None if suite is None or suite.start_t is None else suite.leftovers

    def _times(self, results: Results) -> list[Scenario]:
        suite = _suite(results, self.name)
        return [] if suite is None else suite.repetitions or [suite]


@dataclass(frozen=True)
class RunSubject:
    """The run as a whole."""

    kind: str = "run"
    text: str = "run"
    roots: tuple[str, ...] = ("run",)

    def service(self, results: Results) -> str | None:
        return None

    def durations_ms(self, results: Results) -> list[float]:
        return [results.duration_ms] if results.finished and results.outcome in _JUDGED else []

    def tally(self, results: Results) -> Tally:
        return _tally([results.outcome])

    def leftovers(self, results: Results) -> int | None:
        return results.leftovers if results.known else None


@dataclass(frozen=True)
class CallsSubject:
    """API calls, by patterns as :mod:`stackprobe.history.patterns` has them; a status may be a class such as 5xx."""

    service_type: str = "*"
    method: str = "*"
    resource: str = "*"
    status: str = "*"
    kind: str = "calls"

    @property
    def text(self) -> str:
        words = [self.service_type, self.method, self.resource]
        return " ".join(words if self.status == "*" else [*words, self.status])

    @property
    def roots(self) -> tuple[str, ...]:
        status = re.sub(r"([1-5])xx", r"\1*", self.status)
        return (f"api.{self.service_type}.{self.method}.{self.resource}.{status}",)

    def service(self, results: Results) -> str | None:
        return None if set("*{},") & set(self.service_type) else self.service_type

    def durations_ms(self, results: Results) -> list[float]:
        return [call.duration_ms for call in self._calls(results) if not call.starved]

    def tally(self, results: Results) -> Tally:
        return by_status(self.statuses(results))

    def statuses(self, results: Results) -> dict[str, float]:
        """How many calls of this run were answered with which status."""
        found: dict[str, float] = {}
        for call in self._calls(results):
            found[_status(call)] = found.get(_status(call), 0) + 1
        return found

    def leftovers(self, results: Results) -> int | None:
        return None

    def _calls(self, results: Results) -> list[Call]:
        matches = functools.cache(matcher(self.roots))
        return [call for call in results.calls if matches(_figure(call))]


def status_class(status: str) -> str | None:
    """``5xx``, ``4xx`` or ``no_response``; None of an answer that is a good one: 404 is what a deletion ends with."""
    if status == "no_response" or not status.isdigit():
        return "no_response"
    return {"4": "4xx", "5": "5xx"}.get(status[0]) if status != "404" else None


def by_status(statuses: Mapping[str, float]) -> Tally:
    """Calls that were answered well (2xx, 3xx, 404), and others."""
    good = sum(count for status, count in statuses.items() if status_class(status) is None)
    return Tally(good, sum(statuses.values()) - good)


def _status(call: Call) -> str:
    return "no_response" if call.status is None else str(call.status)


def _figure(call: Call) -> str:
    return _named(call.service, call.method, call.resource, _status(call))


_key_of = functools.lru_cache(maxsize=65_536)(key_of)


@functools.lru_cache(maxsize=4096)
def _named(*pieces: str) -> str:
    return "api." + ".".join(map(part, pieces))


def _tally(outcomes: Iterable[Outcome]) -> Tally:
    found = list(outcomes)
    return Tally(found.count(Outcome.PASSED), found.count(Outcome.FAILED))


def _suite(results: Results, name: str) -> Scenario | None:
    if name == RUN_LEVEL:
        return results.run_level
    return next((suite for suite in results.scenarios if suite.name == name), None)


def _service_of(suite: Scenario | None) -> str | None:
    return suite.services[0] if suite and suite.services else None
