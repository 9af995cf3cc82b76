"""``metrics.txt``: the figures of a run as lines of Graphite's plaintext protocol, ``name value unix_seconds``.

One run is one sample: every line carries the second at which the run started. It does not change when a report is made
again, so that sending twice writes the same points, and the series of one run line up for Graphite's functions. No name
stands twice. A value of the journal is written with all its digits.
"""

from __future__ import annotations

import io
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator

from stackprobe.metricname import part
from stackprobe.results import Call, Outcome, Results, Scenario, Step
from stackprobe.results.statistics import JUDGED, StepKey, has_duration, percentile

FILENAME = "metrics.txt"

#: First parts after cloud and region that are not scenarios.
RESERVED = ("run", "api", "sweep")
_OUTCOMES = tuple(Outcome)

#: Names of a step's own figures, which no other one may take.
_OWN = {"duration_ms", "min_ms", "median_ms", "p95_ms", "max_ms", "retries", *_OUTCOMES}

Point = tuple[str, float]


def render(results: Results) -> str:
    """The lines; none when not even the cloud is known."""
    if not results.known:
        return ""
    timestamp = int(results.start_t)
    text = io.StringIO()
    text.writelines(f"{name} {number(value)} {timestamp}\n" for name, value in points(results))
    return text.getvalue()


def root_name(results: Results) -> str:
    """``<prefix>.<cloud>.<region>``, as it stands in metrics."""
    prefix = [part(piece) for piece in results.metrics_prefix.split(".") if piece]
    place = (results.label or results.cloud, results.region_label or results.region or "default")
    return ".".join([*prefix, *map(part, place)])


def step_figures(results: Results) -> dict[StepKey, str]:
    """What each step is called behind that: ``compute.boot_the_server``, with its zone behind it."""
    taken, found = set(RESERVED), {}
    named = [(_distinct(part(scenario.name), taken), scenario) for scenario in results.scenarios]
    for name, suite in [*named, *([("run", results.run_level)] if results.run_level else [])]:
        for key, group in _grouped(suite.steps):
            found[suite.name, group[0].key, group[0].zone] = f"{name}.{key}"
    return found


def points(results: Results) -> Iterator[Point]:
    """Name and value of every figure, each name once."""
    root = root_name(results)
    taken = set(RESERVED)
    for scenario in results.scenarios:
        yield from _scenario(f"{root}.{_distinct(part(scenario.name), taken)}", scenario)
    if results.run_level:
        yield from _steps(f"{root}.run", results.run_level.steps)
    yield from _run(f"{root}.run", results)
    yield from _calls(f"{root}.api", results.calls)


def number(value: float) -> str:
    """A value with all its digits, whole numbers without a fraction."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))


def _scenario(name: str, scenario: Scenario) -> Iterator[Point]:
    """Figures of a scenario as a whole; of one that ran several times, how often it ended in which way."""
    times = scenario.repetitions or [scenario]
    ended = [one for one in times if one.finished and one.outcome in JUDGED]
    yield from _durations(name, [one.duration_ms for one in ended if one.duration_ms is not None])
    for outcome in _OUTCOMES:
        yield f"{name}.{outcome}", sum(one.outcome is outcome for one in times)
    yield f"{name}.retries", scenario.retries
    yield f"{name}.leftovers", scenario.leftovers
    yield from _steps(name, scenario.steps)


def _steps(prefix: str, steps: Iterable[Step]) -> Iterator[Point]:
    """Figures of each step; one that ran several times under the same key and zone gives sums and a mean."""
    for key, group in _grouped(steps):
        name = f"{prefix}.{key}"
        yield from _durations(name, [step.duration_ms for step in group if has_duration(step)])
        for outcome in _OUTCOMES:
            yield f"{name}.{outcome}", sum(step.outcome is outcome for step in group)
        yield f"{name}.retries", sum(step.retries for step in group)
        taken = set(_OWN)
        for figure in sorted({figure for step in group for figure in step.figures} - _OWN):
            timed = figure.endswith("_ms")
            judged = [step for step in group if figure in step.figures and step.outcome in JUDGED]
            measured = [step.figures[figure] for step in judged if not (timed and step.starved)]
            if measured:
                yield f"{name}.{_distinct(part(figure), taken)}", math.fsum(measured) / len(measured)


def _durations(name: str, durations: Iterable[float]) -> Iterator[Point]:
    """A duration; of several the mean, and how they lie around it."""
    ordered = sorted(durations)
    if ordered:
        yield f"{name}.duration_ms", ordered[0] if len(ordered) == 1 else math.fsum(ordered) / len(ordered)
    if len(ordered) > 1:
        yield f"{name}.min_ms", ordered[0]
        yield f"{name}.median_ms", percentile(ordered, 0.5)
        yield f"{name}.p95_ms", percentile(ordered, 0.95)
        yield f"{name}.max_ms", ordered[-1]


def _grouped(steps: Iterable[Step]) -> Iterator[tuple[str, list[Step]]]:
    """Steps by key and zone. Two different keys that become the same name are told apart by a number."""
    groups: dict[tuple[str, str | None], list[Step]] = defaultdict(list)
    for step in steps:
        groups[step.key, step.zone].append(step)
    taken: set[str] = set()
    for (key, zone), group in groups.items():
        yield _distinct(part(key) if zone is None else f"{part(key)}.{part(zone)}", taken), group


def _distinct(wanted: str, taken: set[str]) -> str:
    """The wanted name, or with the first number that makes it a new one."""
    name, count = wanted, 1
    while name in taken:
        count += 1
        name = f"{wanted}_{count}"
    taken.add(name)
    return name


def _run(name: str, results: Results) -> Iterator[Point]:
    if results.finished:
        yield f"{name}.duration_ms", results.duration_ms
    if results.start_delay_ms is not None:
        yield f"{name}.start_delay_ms", results.start_delay_ms
    for outcome in _OUTCOMES:
        yield f"{name}.{outcome}", int(results.outcome is outcome)
    for outcome in _OUTCOMES:
        yield f"{name}.scenarios_{outcome}", results.count(outcome)
    if results.outcome in JUDGED:  # a watchdog looks for it: see doc/source/watchdog.md
        yield f"{name}.heartbeat", 1
    yield f"{name}.retries", results.retries
    yield f"{name}.leftovers", results.leftovers


def _calls(prefix: str, calls: Iterable[Call]) -> Iterator[Point]:
    groups: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        status = "no_response" if call.status is None else str(call.status)
        parts = (call.service, call.method, call.resource, status)
        groups[".".join(part(piece) for piece in parts)].append(call)
    for key, group in groups.items():
        yield f"{prefix}.{key}.count", len(group)
        durations = sorted(call.duration_ms for call in group if not call.starved)
        if durations:
            yield f"{prefix}.{key}.mean_ms", math.fsum(durations) / len(durations)
            yield f"{prefix}.{key}.p95_ms", percentile(durations, 0.95)
            yield f"{prefix}.{key}.max_ms", durations[-1]
