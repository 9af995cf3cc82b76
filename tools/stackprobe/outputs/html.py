"""``report.html``: the run as one self-contained page, without a script and without an external resource.

It opens from a mail, an artifact or a log server. Everything that folds does so without JavaScript, so that it
also works where a CI server forbids scripts.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from dataclasses import dataclass, field
from importlib import resources
from urllib.parse import urlsplit

import jinja2

from stackprobe.outputs import wording
from stackprobe.outputs.clean import clean, clip
from stackprobe.outputs.metrics import percentile
from stackprobe.results import Call, Outcome, Results, Scenario, Step

FILENAME = "report.html"

SIGNS = {Outcome.PASSED: "✓", Outcome.FAILED: "✕", Outcome.ERROR: "!", Outcome.SKIPPED: "–"}
#: Calls shown in the whole report. A run with more is cut, and the page says so.
MOST_CALLS = 3_000
MOST_SLOW_CALLS = 15
LONGEST_TEXT = 4_000
_ROUND_STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600)


@dataclass
class Bar:
    """One step on the timeline; positions in percent of the run."""

    left: float
    width: float
    step: Step


@dataclass
class Row:
    """One scenario on the timeline."""

    scenario: Scenario
    left: float
    width: float
    bars: list[Bar]


@dataclass
class Tick:
    """One mark of the time axis."""

    left: float
    label: str


@dataclass
class Times:
    """What the repetitions of a step took, in ascending order."""

    name: str
    durations_ms: list[float]
    bad: int

    def percentile_ms(self, fraction: float) -> float | None:
        return percentile(self.durations_ms, fraction) if self.durations_ms else None


@dataclass
class Operation:
    """Calls of one kind: a service's method on a resource."""

    service: str
    method: str
    resource: str
    durations_ms: list[float] = field(default_factory=list)
    calls: int = 0
    bad: int = 0

    @property
    def mean_ms(self) -> float | None:
        return math.fsum(self.durations_ms) / len(self.durations_ms) if self.durations_ms else None

    @property
    def p95_ms(self) -> float | None:
        return percentile(sorted(self.durations_ms), 0.95) if self.durations_ms else None

    @property
    def max_ms(self) -> float | None:
        return max(self.durations_ms, default=None)


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(
        duration=wording.duration,
        moment=wording.moment,
        value=wording.value,
        answer=wording.answer,
        counted=wording.counted,
        figures=wording.figures,
        text=lambda data: clip(clean(data), LONGEST_TEXT),
    )
    environment.globals.update(signs=SIGNS, Outcome=Outcome)
    return environment.from_string(_asset("report.html.j2"))


def render(results: Results) -> str:
    """The page."""
    rows, ticks = timeline(results)
    levels = results.service_levels
    run_level = [results.run_level] if results.run_level else []
    judged = sorted(call.duration_ms for call in results.calls if not call.starved)
    listed = _listed_calls(results)
    return _template().render(
        results=results,
        style=_asset("report.css"),
        place=wording.place(results),
        levels=levels if levels and (levels.verdicts or levels.run) else None,
        labels=wording.labels(results),
        verdict=_verdict(results),
        build_url=_link(results.ci.get("build_url")),
        bad=sorted((s for s in results.suites if s.outcome.is_bad), key=lambda s: s.outcome is not Outcome.FAILED),
        ordered=sorted([*results.scenarios, *run_level], key=lambda s: list(Outcome).index(s.outcome)),
        rows=rows,
        ticks=ticks,
        operations=_operations(results.calls),
        slowest=sorted((c for c in results.calls if not c.starved), key=lambda c: -c.duration_ms)[:MOST_SLOW_CALLS],
        p95_ms=percentile(judged, 0.95) if judged else None,
        bad_calls=sum(call.is_bad for call in results.calls),
        anchors={suite.name: f"scenario-{index}" for index, suite in enumerate(results.suites)},
        facts=_facts(results),
        times=_times,
        is_listed=lambda call: id(call) in listed,
        leftovers=[item for item in results.resources if item.is_leftover],
        resource_counts=_resource_counts(results),
    )


def timeline(results: Results) -> tuple[list[Row], list[Tick]]:
    """Rows and axis of the timeline, positions in percent of the time between the first and the last record."""
    starts = [suite.start_t for suite in results.suites if suite.start_t is not None]
    starts += [step.start_t for step in results.steps]
    begin = min([*starts, *([results.start_t] if results.known else [])], default=0.0)
    ends = [begin + results.duration_ms / 1000]
    ends += [(suite.start_t or begin) + (suite.duration_ms or 0) / 1000 for suite in results.suites]
    ends += [step.start_t + step.duration_ms / 1000 for step in results.steps]
    span_s = max(max(ends) - begin, 0.001)

    def bar(start_t: float, duration_ms: float) -> tuple[float, float]:
        left = min(max((start_t - begin) / span_s * 100, 0), 100)
        return round(left, 3), round(min(duration_ms / 1000 / span_s * 100, 100 - left), 3)

    rows = []
    for suite in results.suites:
        if suite.start_t is None:
            continue
        bars = [Bar(*bar(step.start_t, step.duration_ms), step) for step in suite.steps]
        rows.append(Row(suite, *bar(suite.start_t, suite.duration_ms or 0), bars))
    step_s = _round_step(span_s)
    ticks = [
        Tick(round(index * step_s / span_s * 100, 3), _tick_label(index * step_s))
        for index in range(int(span_s / step_s) + 1)
        if index * step_s / span_s <= 0.92
    ]
    return rows, ticks


def _round_step(span_s: float) -> float:
    """A distance of marks that people count in, for about five marks."""
    for step_s in _ROUND_STEPS_S:
        if span_s / step_s <= 6:
            return step_s
    return span_s / 5


def _tick_label(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"


def _verdict(results: Results) -> str:
    """The run in one sentence."""
    total = len(results.scenarios)
    parts = [f"{results.count(kind)} {kind}" for kind in Outcome if results.count(kind)]
    if results.outcome is Outcome.PASSED:
        passed = results.count(Outcome.PASSED)
        if passed == total:
            return f"All {total} scenarios passed" if total > 1 else "The scenario passed"
        return ", ".join(parts)
    if results.count(results.outcome):
        also = results.count(Outcome.ERROR) if results.outcome is Outcome.FAILED else 0
        return f"{results.count(results.outcome)} of {wording.counted(total, 'scenario')} {results.outcome}" + (
            f", {also} could not be judged" if also else ""
        )
    problem = results.run_level.problems[0].message if results.run_level and results.run_level.problems else ""
    return clean(problem) or f"The run is {results.outcome}"


def _times(scenario: Scenario) -> list[Times]:
    """Each step of a scenario that ran several times; the runner's own starving is left out."""
    found: dict[tuple[str, str | None], list[Step]] = {}
    for step in scenario.steps if scenario.repetitions else []:
        found.setdefault((step.key, step.zone), []).append(step)
    return [
        Times(
            steps[0].name,
            sorted(s.duration_ms for s in steps if not s.starved and s.outcome in (Outcome.PASSED, Outcome.FAILED)),
            sum(s.outcome.is_bad for s in steps),
        )
        for steps in found.values()
        if len(steps) > 1
    ]


def _operations(calls: list[Call]) -> list[Operation]:
    found: dict[tuple[str, str, str], Operation] = {}
    for call in calls:
        key = (call.service, call.method, call.resource)
        operation = found.setdefault(key, Operation(*key))
        operation.calls += 1
        operation.bad += call.is_bad
        if not call.starved:
            operation.durations_ms.append(call.duration_ms)
    return sorted(found.values(), key=lambda operation: (operation.service, operation.resource, operation.method))


def _listed_calls(results: Results) -> set[int]:
    """Identities of the calls that the page lists under their steps: those of bad steps first."""
    ordered = sorted(results.steps, key=lambda step: not step.outcome.is_bad)
    calls = [call for step in ordered for call in step.calls]
    return {id(call) for call in calls[:MOST_CALLS]}


def _resource_counts(results: Results) -> list[tuple[str, int, int]]:
    """Kind, how many were made, how many were left."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for resource in results.resources:
        counts[resource.kind][0] += 1
        counts[resource.kind][1] += resource.is_leftover
    return sorted((kind, made, left) for kind, (made, left) in counts.items())


def _facts(results: Results) -> list[tuple[str, str | None]]:
    """What the run was made with, for the end of the page."""
    deadline = None if results.deadline_s is None else wording.duration(results.deadline_s * 1000)
    return [
        ("Environment", results.environment),
        ("Zone", results.zone),
        ("Called in metrics", wording.label(results)),
        ("Runner", results.host),
        ("Configuration", results.config),
        ("Deadline", deadline),
        ("Schedule", next(iter(wording.lateness(results)), None)),
        ("Ended early by", results.end_reason),
        ("stackprobe", results.stackprobe),
        ("openstacksdk", results.openstacksdk),
        ("ansible-core", results.ansible),
        ("Python", results.python),
        *((f"CI {clean(name)}", clean(value)) for name, value in results.ci.items() if name != "build_url"),
    ]


def _link(url: object) -> str | None:
    """A link to the CI's page; anything that is no web address is not made clickable."""
    text = clean(url) if isinstance(url, str) else ""
    try:
        return text if urlsplit(text).scheme in ("http", "https") else None
    except ValueError:
        return None


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
