"""What every query of every dashboard has to give for a run, taken from its results and not from its figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from statistics import fmean

from stackprobe.metricname import part
from stackprobe.results import Call, Outcome, Results, Scenario, Step

from tests.integration.graphite.seeing_guests import EXPECTED_OF_GUESTS

Values = dict[str, float]
Expected = Callable[[Results], Values]
ENDS = ("passed", "failed", "error", "skipped")
JUDGED = (Outcome.PASSED, Outcome.FAILED)


def region(run: Results) -> str:
    return part(run.region or "default")


def bad(call: Call) -> bool:
    return call.status is None or call.status >= 500


def good(call: Call) -> bool:
    return call.status is not None and (call.status < 400 or call.status == 404)


def kind(call: Call) -> str:
    status = "no_response" if call.status is None else str(call.status)
    return ".".join(map(part, (call.service, call.method, call.resource, status)))


def kinds(calls: Iterable[Call]) -> dict[str, list[float]]:
    """Durations by kind of request, without those for which the runner itself was too busy."""
    found: dict[str, list[float]] = defaultdict(list)
    for call in calls:
        if not call.starved:
            found[kind(call)].append(call.duration_ms)
    return found


def means_by_service(run: Results) -> Values:
    found: dict[str, list[float]] = defaultdict(list)
    for name, durations in kinds(call for call in run.calls if good(call)).items():
        found[name.partition(".")[0]].append(fmean(durations))
    return {service: fmean(means) for service, means in found.items()}


def by_service(calls: Iterable[Call]) -> Values:
    found: dict[str, float] = defaultdict(float)
    for call in calls:
        found[call.service] += 1
    return dict(found)


def ratio(run: Results) -> float:
    return 100 * sum(map(bad, run.calls)) / len(run.calls)


def top(values: Values, count: int) -> Values:
    return dict(sorted(values.items(), key=lambda pair: -pair[1])[:count])


def steps(run: Results, zoned: bool | None = False) -> dict[tuple[str, ...], list[Step]]:
    """The steps of scenarios by scenario, key and, where it has one, zone."""
    found: dict[tuple[str, ...], list[Step]] = defaultdict(list)
    for scenario in run.scenarios:
        for step in scenario.steps:
            if zoned is None or (step.zone is not None) == zoned:
                zone = () if step.zone is None else (part(step.zone),)
                found[scenario.name, part(step.key), *zone].append(step)
    return found


def times(run: Results, zoned: bool = False) -> Values:
    judged = {
        name: [s.duration_ms for s in group if s.outcome in JUDGED and not s.starved]
        for name, group in steps(run, zoned).items()
    }
    return {".".join(name): fmean(found) for name, found in judged.items() if found}


def ended(run: Results, outcome: str) -> Values:
    return {".".join(name): sum(s.outcome == outcome for s in group) for name, group in steps(run).items()}


def scenario_times(run: Results) -> Values:
    return {
        s.name: s.duration_ms for s in run.scenarios if s.finished and s.outcome in JUDGED and s.duration_ms is not None
    }


def figures_of(run: Results, scenario: str, key: str, leaves: Iterable[str] = (), leaf: bool = True) -> Values:
    """Durations by zone, or what else was measured, by zone and name."""
    found = {name[2]: group for name, group in steps(run, True).items() if name[:2] == (scenario, key)}
    if not leaves:
        fair = {zone: [step.duration_ms for step in group if not step.starved] for zone, group in found.items()}
        return {zone: fmean(durations) for zone, durations in fair.items() if durations}
    return {
        f"{zone}.{one}" if leaf else zone: fmean(step.figures[one] for step in group if one in step.figures)
        for zone, group in found.items()
        for one in leaves
        if any(one in step.figures and not step.starved for step in group)
    }


def each(run: Results, value: Callable[[Scenario], float]) -> Values:
    return {scenario.name: value(scenario) for scenario in run.scenarios}


def here(value: Callable[[Results], float]) -> Expected:
    return lambda run: {region(run): value(run)}


PHASES = ("dns_ms", "connect_ms", "tls_ms", "first_byte_ms")
SWEEP = {"deleted": 4.0, "kept": 3.0, "failed": 2.0, "unlisted": 1.0}

EXPECTED: dict[tuple[str, str], list[Expected]] = {
    ("overview", "Runs that passed"): [lambda run: {"passed": 100.0 * (run.outcome == "passed")}],
    ("overview", "Leftovers"): [here(lambda run: run.leftovers)],
    ("overview", "API errors"): [lambda run: {"errors": ratio(run)}],
    ("overview", "Duration of the last run"): [here(lambda run: run.duration_ms)],
    ("overview", "How runs ended"): [lambda run: {f"{region(run)}.{end}": float(run.outcome == end) for end in ENDS}],
    ("overview", "How scenarios ended"): [
        lambda run: {f"{region(run)}.scenarios_{end}": run.count(Outcome(end)) for end in ENDS}
    ],
    ("overview", "Scenarios that failed"): [lambda run: each(run, lambda one: one.outcome == "failed")],
    ("overview", "Duration of scenarios"): [scenario_times],
    ("overview", "Answers of services"): [means_by_service],
    ("overview", "Errors of services"): [lambda run: by_service(filter(bad, run.calls))],
    ("api", "Requests"): [lambda run: by_service(run.calls)],
    ("api", "Answers by class"): [
        lambda run: {"2xx": sum(call.status is not None and call.status // 100 == 2 for call in run.calls)},
        lambda run: {"4xx": sum(call.status is not None and call.status // 100 == 4 for call in run.calls)},
        lambda run: {"5xx or none": sum(map(bad, run.calls))},
    ],
    ("api", "Error ratio"): [lambda run: {"errors": ratio(run)}],
    ("api", "Errors by request"): [lambda run: dict(Counter(map(kind, filter(bad, run.calls))))],
    ("api", "Mean latency by service"): [means_by_service],
    ("api", "Slowest kinds of requests, mean"): [
        lambda run: top({n: fmean(v) for n, v in kinds(filter(good, run.calls)).items()}, 10)
    ],
    ("api", "Slowest kinds of requests, 95th percentile"): [
        lambda run: top({n: nearest(v) for n, v in kinds(filter(good, run.calls)).items()}, 10)
    ],
    ("api", "Slowest requests"): [lambda run: top({n: max(v) for n, v in kinds(run.calls).items()}, 10)],
    ("scenarios", "Passed"): [
        lambda run: {f"{region(run)}.{n}": v for n, v in each(run, lambda one: one.outcome == "passed").items()}
    ],
    ("scenarios", "Failed or not judged"): [
        lambda run: {
            f"{region(run)}.{s.name}.{end}": float(s.outcome == end)
            for s in run.scenarios
            for end in ("failed", "error")
        }
    ],
    ("scenarios", "Duration"): [lambda run: {f"{region(run)}.{n}": v for n, v in scenario_times(run).items()}],
    ("scenarios", "Slowest steps"): [lambda run: top(times(run), 15)],
    ("scenarios", "Slowest steps by zone or type"): [lambda run: top(times(run, True), 15)],
    ("scenarios", "Steps that failed"): [lambda run: ended(run, "failed")],
    ("scenarios", "Retries"): [
        lambda run: {".".join(n): sum(s.retries for s in group) for n, group in steps(run).items()}
    ],
    ("scenarios", "Steps that were skipped"): [lambda run: ended(run, "skipped")],
    ("data-plane", "Servers until they are active"): [
        lambda run: {
            name.replace(".wait_until_the_server_is_active", ""): value
            for name, value in times(run, True).items()
            if ".wait_until_the_server_is_active." in name
        }
    ],
    ("data-plane", "Endpoints"): [lambda run: figures_of(run, "endpoints", "ask_the_service")],
    ("data-plane", "Watched addresses"): [lambda run: figures_of(run, "http_watch", "ask_the_address")],
    ("data-plane", "Phases of watched addresses"): [
        lambda run: figures_of(run, "http_watch", "ask_the_address", PHASES)
    ],
    ("data-plane", "Days until certificates end"): [
        lambda run: figures_of(run, "http_watch", "ask_the_address", ["certificate_days"], leaf=False)
    ],
    ("data-plane", "Name resolution"): [lambda run: figures_of(run, "dns_resolve", "resolve_the_name")],
    ("leftovers", "Leftovers of runs"): [here(lambda run: run.leftovers)],
    ("leftovers", "Leftovers by scenario"): [lambda run: each(run, lambda one: one.leftovers)],
    ("leftovers", "What sweeps found"): [lambda run: {f"{region(run)}.{n}": v for n, v in SWEEP.items()}],
    ("leftovers", "Deletes"): [lambda run: {n: v for n, v in times(run).items() if ".delete_" in n}],
    ("monitor", "Runs that judged the cloud, an hour"): [here(lambda run: 1)],
    ("monitor", "Runs that could not judge"): [here(lambda run: run.outcome == "error")],
    ("monitor", "Start delay"): [lambda run: {} if run.start_delay_ms is None else {region(run): run.start_delay_ms}],
    ("monitor", "Duration of runs"): [here(lambda run: run.duration_ms)],
    ("monitor", "First authentication"): [
        here(lambda run: next(step.duration_ms for step in run.steps if step.key == "authenticate"))
    ],
    ("monitor", "Retries"): [here(lambda run: run.retries)],
    ("monitor", "Requests a run"): [lambda run: {"requests": len(run.calls)}],
    **EXPECTED_OF_GUESTS,
}


def nearest(values: list[float]) -> float:
    """The 95th percentile by nearest rank."""
    return sorted(values)[max(-(-95 * len(values) // 100), 1) - 1]
