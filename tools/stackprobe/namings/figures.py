"""The figures of a run, before they have a name: what each is of, and its value. Every naming is a view of them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stackprobe.metricname import part
from stackprobe.results import Call, Outcome, Results, Scenario, Step
from stackprobe.results.statistics import JUDGED, StepKey, has_duration, percentile
from stackprobe.service_levels.verdict import Verdict

#: First parts after cloud and region that are not scenarios.
RESERVED = ("run", "api", "sweep", "service_level")
_OUTCOMES = tuple(Outcome)

#: Names of a step's own figures, which no other one may take.
OWN = {"duration_ms", "min_ms", "median_ms", "p95_ms", "max_ms", "retries", *_OUTCOMES}


@dataclass(frozen=True)
class Subject:
    """What a figure is of.

    :ivar kind: ``scenario``, ``step``, ``run``, ``api`` or ``service_level``.
    :ivar path: its parts of a name behind cloud and region, such as ``("compute", "create_the_server", "az-1")``.
    :ivar tags: the same parts with what each is, such as ``{"scenario": "compute", "step": …, "az": "az-1"}``.
    """

    kind: str
    path: tuple[str, ...]
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Figure:
    """One value. Every path and leaf stands once in a run.

    :ivar leaf: which figure of the subject it is, such as ``duration_ms``.
    """

    subject: Subject
    leaf: str
    value: float


_Leaves = Iterator[tuple[str, float]]


def figures(results: Results) -> Iterator[Figure]:
    """Every figure of a run."""
    for name, suite in _named(results):
        if suite is not results.run_level:
            yield from _of(Subject("scenario", (name,), {"scenario": name}), _scenario(suite, results.leftovers_known))
        yield from _steps(name, suite.steps)
    yield from _of(Subject("run", ("run",)), _run(results))
    yield from _calls(results.calls)
    yield from _service_levels(results)


def step_figures(results: Results) -> dict[StepKey, str]:
    """What each step is called behind cloud and region: ``compute.boot_the_server``, with its zone behind it."""
    return {
        (suite.name, group[0].key, group[0].zone): ".".join((name, key) if zone is None else (name, key, zone))
        for name, suite in _named(results)
        for key, zone, group in _grouped(suite.steps)
    }


def _named(results: Results) -> Iterator[tuple[str, Scenario]]:
    """Every scenario by its part of a name; what belongs to the run as a whole comes last, as ``run``."""
    taken = set(RESERVED)
    for scenario in results.scenarios:
        yield _distinct(part(scenario.name), taken), scenario
    if results.run_level:
        yield "run", results.run_level


def _of(subject: Subject, leaves: _Leaves) -> Iterator[Figure]:
    for leaf, value in leaves:
        yield Figure(subject, leaf, value)


def _scenario(scenario: Scenario, leftovers_known: bool) -> _Leaves:
    """Figures of a scenario as a whole; of one that ran several times, how often it ended in which way."""
    times = scenario.repetitions or [scenario]
    ended = [one for one in times if one.finished and one.outcome in JUDGED]
    yield from _durations([one.duration_ms for one in ended if one.duration_ms is not None])
    for outcome in _OUTCOMES:
        yield outcome, sum(one.outcome is outcome for one in times)
    yield "retries", scenario.retries
    if leftovers_known:
        yield "leftovers", scenario.leftovers


def _steps(scenario: str, steps: Iterable[Step]) -> Iterator[Figure]:
    for key, zone, group in _grouped(steps):
        tags = {"scenario": scenario, "step": key} | ({"az": zone} if zone is not None else {})
        path = (scenario, key) if zone is None else (scenario, key, zone)
        yield from _of(Subject("step", path, tags), _step(group))


def _step(group: Sequence[Step]) -> _Leaves:
    """Figures of a step; one that ran several times under the same key and zone gives sums and a mean."""
    yield from _durations([step.duration_ms for step in group if has_duration(step)])
    for outcome in _OUTCOMES:
        yield outcome, sum(step.outcome is outcome for step in group)
    yield "retries", sum(step.retries for step in group)
    taken = set(OWN)
    for figure in sorted({figure for step in group for figure in step.figures} - OWN):
        timed = figure.endswith("_ms")
        judged = [step for step in group if figure in step.figures and step.outcome in JUDGED]
        measured = [step.figures[figure] for step in judged if not (timed and step.starved)]
        if measured:
            yield _distinct(part(figure), taken), math.fsum(measured) / len(measured)


def _durations(durations: Iterable[float]) -> _Leaves:
    """A duration; of several the mean, and how they lie around it."""
    ordered = sorted(durations)
    if ordered:
        yield "duration_ms", ordered[0] if len(ordered) == 1 else math.fsum(ordered) / len(ordered)
    if len(ordered) > 1:
        yield "min_ms", ordered[0]
        yield "median_ms", percentile(ordered, 0.5)
        yield "p95_ms", percentile(ordered, 0.95)
        yield "max_ms", ordered[-1]


def _grouped(steps: Iterable[Step]) -> Iterator[tuple[str, str | None, list[Step]]]:
    """Steps by key and zone. Two different keys that become the same name are told apart by a number."""
    groups: dict[tuple[str, str | None], list[Step]] = defaultdict(list)
    for step in steps:
        groups[step.key, step.zone].append(step)
    taken: set[str] = set()
    for (key, zone), group in groups.items():
        whole = _distinct(part(key) if zone is None else f"{part(key)}.{part(zone)}", taken)
        name, _, place = whole.partition(".")
        yield name, place or None, group


def _distinct(wanted: str, taken: set[str]) -> str:
    """The wanted name, or with the first number that makes it a new one."""
    name, count = wanted, 1
    while name in taken:
        count += 1
        name = f"{wanted}_{count}"
    taken.add(name)
    return name


def _run(results: Results) -> _Leaves:
    if results.finished:
        yield "duration_ms", results.duration_ms
    if results.start_delay_ms is not None:
        yield "start_delay_ms", results.start_delay_ms
    for outcome in _OUTCOMES:
        yield outcome, int(results.outcome is outcome)
    for outcome in _OUTCOMES:
        yield f"scenarios_{outcome}", results.count(outcome)
    yield "itself_failed", int(results.run_level is not None and results.run_level.outcome is Outcome.FAILED)
    if results.outcome in JUDGED:  # a watchdog looks for it: see doc/source/watchdog.md
        yield "heartbeat", 1
    yield "retries", results.retries
    if results.leftovers_known:
        yield "leftovers", results.leftovers


def _calls(calls: Iterable[Call]) -> Iterator[Figure]:
    groups: dict[tuple[str, ...], list[Call]] = defaultdict(list)
    for call in calls:
        status = "no_response" if call.status is None else str(call.status)
        groups[tuple(map(part, (call.service, call.method, call.resource, status)))].append(call)
    for parts, group in groups.items():
        tags = dict(zip(("service", "method", "resource", "status"), parts, strict=True))
        yield from _of(Subject("api", ("api", *parts), tags), _call(group))


def _call(group: Sequence[Call]) -> _Leaves:
    yield "count", len(group)
    durations = sorted(call.duration_ms for call in group if not call.starved)
    if durations:
        yield "mean_ms", math.fsum(durations) / len(durations)
        yield "p95_ms", percentile(durations, 0.95)
        yield "max_ms", durations[-1]


def _service_levels(results: Results) -> Iterator[Figure]:
    """Of every rule, 0 or 1 each: what it says of this run, and what it says seen together with those before."""
    for verdict in results.service_levels.verdicts if results.service_levels else ():
        rule = part(verdict.rule)
        yield from _of(Subject("service_level", ("service_level", rule), {"rule": rule}), _service_level(verdict))


def _service_level(verdict: Verdict) -> _Leaves:
    for word in ("ok", "bad", "unknown"):
        yield word, int(verdict.word == word)
    yield "alarm", int(verdict.damped.alarm)
    yield "flapping", int(verdict.damped.flapping)
