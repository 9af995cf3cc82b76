"""OpenMetrics text 1.0: the figures of a run for Prometheus and its like.

Everything is a gauge of this run, at the time of its start; durations are seconds, as OpenMetrics wants its base units.
The values are those of ``metrics.txt``. Names are free of what is measured: that stands in labels.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from stackprobe.exports.openmetrics_text import SECONDS, Distinct, Labels, Sample, Writer
from stackprobe.results import Call, Outcome, Results
from stackprobe.results.statistics import JUDGED, Spread, StepKey, Tally, statistics

FORMAT = "openmetrics"
TABLES = ("everything",)


def lines(results: Results, table: str = TABLES[0]) -> Iterator[str]:
    """The text, ended by ``# EOF``; nothing else when not even the cloud is known."""
    if results.known:
        for family in _families(results):
            yield from family
    yield "# EOF\n"


def _families(results: Results) -> Iterator[Iterator[str]]:
    write = Writer(results)
    yield write.info(results)
    yield write.gauge("run_duration", "From start to end", _whole(results.duration_ms), SECONDS)
    if results.start_delay_ms is not None:
        yield write.gauge("run_start_delay", "From trigger to start", _whole(results.start_delay_ms), SECONDS)
    yield write.states("run_outcome", "Outcome of the run", results.outcome)
    yield write.gauge("run_retries", "Tries beyond the first", [((), results.retries)])
    if results.leftovers_known:
        yield write.gauge("run_leftovers", "Resources that are not known to be deleted", [((), results.leftovers)])
    yield from _scenarios(results, write)
    yield from _steps(results, write)
    yield from _calls(results, write)
    yield from _service_levels(results, write)


def _whole(duration_ms: float) -> list[Sample]:
    return [((), duration_ms / 1000)]


_SPREAD: dict[str, Callable[[Spread], float | None]] = {
    "min": lambda one: one.min_ms,
    "median": lambda one: one.median_ms,
    "p95": lambda one: one.p95_ms,
    "max": lambda one: one.max_ms,
}


def _scenarios(results: Results, write: Writer) -> Iterator[Iterator[str]]:
    distinct = Distinct()
    named = [(distinct.give((("scenario", suite.name),), "scenario"), suite) for suite in results.scenarios]
    ended = [
        (labels, [one.duration_ms for one in suite.repetitions or [suite] if one.finished and one.outcome in JUDGED])
        for labels, suite in named
    ]
    means = [(labels, _mean([one for one in many if one is not None])) for labels, many in ended]
    durations = [(labels, mean / 1000) for labels, mean in means if mean is not None]
    yield write.gauge("scenario_duration", "Duration of a scenario, the mean of its repetitions", durations, SECONDS)
    outcomes = (
        ((*labels, ("outcome", outcome.value)), sum(one.outcome is outcome for one in suite.repetitions or [suite]))
        for labels, suite in named
        for outcome in Outcome
    )
    yield write.gauge("scenarios", "How often a scenario ended in which way", outcomes)


def _mean(values: list[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _steps(results: Results, write: Writer) -> Iterator[Iterator[str]]:
    distinct = Distinct()
    found = statistics([results]).steps
    labels = {key: distinct.give(_labels(key), "step") for key in found}
    spreads = [(labels[key], tally.spread()) for key, tally in found.items()]
    told = "Duration of a step, the mean where it ran several times"
    yield write.gauge("step_duration", told, _seconds(spreads, lambda one: one.mean_ms), SECONDS)
    several = [(one, spread) for one, spread in spreads if spread.count > 1]
    for name, of in _SPREAD.items() if several else ():
        told = f"Duration of a step that ran several times: {name}"
        yield write.gauge(f"step_duration_{name}", told, _seconds(several, of), SECONDS)
    outcomes = (
        ((*labels[key], ("outcome", outcome.value)), tally.outcomes.get(outcome, 0))
        for key, tally in found.items()
        for outcome in Outcome
    )
    yield write.gauge("steps", "How often a step ended in which way", outcomes)
    yield write.gauge("step_part_duration", "What a step's time was spent on", _parts(results, labels, True), SECONDS)
    yield write.gauge("step_figure", "What else a step measured", _parts(results, labels, False))


def _labels(key: StepKey) -> Labels:
    scenario, step, zone = key
    return (("scenario", scenario), ("step", step), *([("zone", zone)] if zone else []))


def _seconds(spreads: Iterable[tuple[Labels, Spread]], of: Callable[[Spread], float | None]) -> Iterator[Sample]:
    for labels, spread in spreads:
        value = of(spread)
        if value is not None:
            yield labels, value / 1000


def _parts(results: Results, labels: Mapping[StepKey, Labels], timed: bool) -> Iterator[Sample]:
    """The figures of steps, those that are times in seconds, or the others."""
    found: dict[tuple[StepKey, str], list[float]] = defaultdict(list)
    for suite in results.suites:
        for step in suite.steps:
            for figure, number in step.figures.items() if step.outcome in JUDGED else ():
                if figure.endswith("_ms") == timed and not (timed and step.starved):
                    found[(suite.name, step.key, step.zone), figure].append(number)
    distinct = Distinct()
    for (key, figure), values in found.items():
        name, value = ("part", figure.removesuffix("_ms")) if timed else ("figure", figure)
        mean = math.fsum(values) / len(values)
        yield distinct.give((*labels[key], (name, value)), name), mean / 1000 if timed else mean


def _calls(results: Results, write: Writer) -> Iterator[Iterator[str]]:
    groups: dict[Labels, list[Call]] = defaultdict(list)
    for call in results.calls:
        status = "no_response" if call.status is None else str(call.status)
        parts = {"service": call.service, "method": call.method, "resource": call.resource, "status": status}
        groups[tuple(parts.items())].append(call)
    distinct = Distinct()
    named = [(distinct.give(labels, "resource"), calls) for labels, calls in groups.items()]
    yield write.gauge("api_calls", "Calls of an API", ((labels, len(calls)) for labels, calls in named))
    spreads = [(labels, _spread(calls)) for labels, calls in named]
    for name, of in {"mean": lambda one: one.mean_ms, "p95": _SPREAD["p95"], "max": _SPREAD["max"]}.items():
        told = f"Duration of these calls: {name}"
        yield write.gauge(f"api_call_duration_{name}", told, _seconds(spreads, of), SECONDS)


def _service_levels(results: Results, write: Writer) -> Iterator[Iterator[str]]:
    verdicts = results.service_levels.verdicts if results.service_levels else ()
    if not verdicts:
        return
    said = (
        ((("rule", one.rule), ("verdict", word)), int(one.word == word))
        for one in verdicts
        for word in ("ok", "bad", "unknown")
    )
    yield write.gauge("service_level", "What a rule says of this run, 0 or 1", said)
    for name, told in (("alarm", "in alarm"), ("flapping", "flapping")):
        states = (((("rule", one.rule),), int(getattr(one.damped, name))) for one in verdicts)
        yield write.gauge(f"service_level_{name}", f"Whether a rule is {told}, 0 or 1", states)


def _spread(calls: Iterable[Call]) -> Spread:
    return Tally("", [call.duration_ms for call in calls if not call.starved]).spread()
