"""The naming apimon gives what a real statsd gives for the same events, and what the users of ApiMon's data ask for."""

from __future__ import annotations

import math
import time
from pathlib import Path

import journals
from pocketgraphite import Graphite
from stackprobe import namings
from stackprobe.graphite.points import parse_points
from stackprobe.journal import read
from stackprobe.namings.apimon import name_of
from stackprobe.namings.statsd import FLUSH_S
from stackprobe.outputs import write_all
from stackprobe.results import Results, build, from_directory

from tests.integration.graphite import statsd_server
from tests.integration.graphite.sending import PATIENCE_S, deliver, wait_until_written

ENVIRONMENT, ZONE = "production", "eu-de"


def thirty(start: float = journals.START) -> journals.Journals:
    journal = journals.thirty()
    journal.records[0] |= {"environment": ENVIRONMENT, "zone": ZONE, "metrics_naming": ["apimon"]}
    for record in journal.records:
        for key in ("t", "start_t"):
            if key in record:
                record[key] += start - journals.START
        if record["type"] == "call" and record["step"] == "Reboot the server":
            record.update(status=None, error="the connection was reset")
    return journal


def events(results: Results) -> list[str]:
    """What openstacksdk and ApiMon's executor would have sent to statsd, made up here once more and independently."""
    sent = []
    for call in results.calls:
        root = f"openstack.api.{ENVIRONMENT}.{ZONE}.{call.service}.{call.method}.{'_'.join(name_of(call))}"
        if call.status is None:
            sent.append(f"{root}.failed:1|c")
        else:
            if not call.starved:
                sent.append(f"{root}.{call.status}:{call.duration_ms!r}|ms")
            sent.append(f"{root}.{call.status}:1|c")
            if call.duration_ms > 1000:
                sent.append(f"{root}.over_1000:1|c")
        sent.append(f"{root}.attempted:1|c")
    return sent


def test_every_aggregate_is_what_statsd_gives_for_the_same_events(tmp_path: Path) -> None:
    run = build(read(thirty().write(tmp_path)))
    ours = {n: v for n, v in namings.points(run, ["apimon"]) if ".openstack.api." in n}
    with statsd_server.running(tmp_path) as one:
        theirs = one.flush(events(run))
    assert len(theirs) > 500
    for name, value in theirs.items():
        per_second = name.endswith((".rate", ".count_ps"))
        expected = value * statsd_server.FLUSH_S / FLUSH_S if per_second else value
        exact = name.rpartition(".")[2] in ("mean", "upper", "lower", "count", "median", "sum")
        assert ours[name] == expected if exact else math.isclose(ours[name], expected, rel_tol=1e-12), name
    assert all(ours[name] == 0 for name in ours.keys() - theirs.keys()), "what statsd has not seen yet is 0"


def test_the_queries_of_dashboards_and_thresholds_give_the_journals_values(tmp_path: Path, common: Graphite) -> None:
    journal = thirty(float(int(time.time()) - 100))
    journal.write(tmp_path)
    write_all(tmp_path, from_directory(tmp_path))
    results = from_directory(tmp_path)
    sent = parse_points((tmp_path / "metrics.txt").read_text(), tmp_path / "metrics.txt")
    assert deliver(tmp_path, common.carbon) == 0
    wait_until_written(common, sent)
    t = sent[0].t

    def ask(query: str, service: str = "compute") -> dict[str, float]:
        """The values that a query has at the second of the run."""
        for name, value in (("$environment", ENVIRONMENT), ("$zone", ZONE), ("$service", service)):
            query = query.replace(name, value)
        answer = common.render([query], t - 10, t + 10)
        return {name: dict(points)[t] for name, points in answer.items() if t in dict(points)}

    def only(query: str, service: str = "compute") -> float:
        (value,) = ask(query, service).values()
        return value

    calls = [call for call in results.calls if call.service == "compute"]
    counted = "stats.counters.openstack.api.$environment.*.$service.*.*"
    good = [call for call in calls if call.status is not None and (call.status < 400 or call.status == 404)]
    # metrics-processor: success rate, down, slow
    rate = only(f"asPercent(sumSeries({counted}.{{2*,3*,404}}.count), sumSeries({counted}.attempted.count))")
    assert math.isclose(rate, 100 * len(good) / len(calls))
    down = f"asPercent(sumSeries({counted}.failed.count), sumSeries({counted}.attempted.count))"
    assert math.isclose(only(down), 100 * sum(call.status is None for call in calls) / len(calls))
    assert only(down, "network") == 0, "no failure is 0 %, and not: no data"
    timed = "stats.timers.openstack.api.$environment.*.$service.*.*.*.mean"
    series: dict[tuple[object, ...], list[float]] = {}
    for call in calls:
        if call.status is not None and not call.starved:
            key = (call.method, "_".join(name_of(call)), call.status)
            series.setdefault(key, []).append(call.duration_ms)
    means = {key: sum(sorted(found)) / len(found) for key, found in series.items()}
    slow = only(f"consolidateBy(aggregate({timed}, 'average'), 'average')")
    assert math.isclose(slow, sum(means.values()) / len(means))
    # ApiMon's dashboards: by method, name and status; the environments and zones to choose from
    found = ask(
        "sortByName(groupByNodes(removeEmptySeries("
        "stats.timers.openstack.api.$environment.$zone.compute.*.*.*.mean, 0.01), 'sum', 8, 7, 9), true)"
    )
    assert found == {f"{name}.{method}.{status}": mean for (method, name, status), mean in means.items()}
    assert "stats.counters.openstack.api.production" in common.find("stats.counters.openstack.api.*")
    assert any(one.endswith(".eu-de") for one in common.find("stats.counters.apimon.metric.*.*"))
    # and the metrics of tasks
    steps = [s for one in results.scenarios for s in one.steps if s.key == "delete_the_server"]
    passed = [s.duration_ms for s in steps if s.outcome == "passed" and not s.starved]
    metric = "apimon.metric.$environment.$zone.delete_server"
    assert only(f"stats.counters.{metric}.attempted.count") == len(steps)
    assert only(f"stats.timers.{metric}.passed.upper") == max(passed)
    assert math.isclose(only(f"stats.timers.{metric}.passed.mean"), sum(passed) / len(passed))


def test_tagged_series_are_found_by_what_they_are_of(tmp_path: Path, common: Graphite) -> None:
    journal = journals.Journals(2, ["identity", "network"], float(int(time.time()) - 100))
    journal.run(cloud="tagged", metrics_naming=["tags"])
    journal.scenario("identity", "retry", 1)
    journal.scenario("network", "http", 2)
    journal.end("failed")
    journal.write(tmp_path)
    write_all(tmp_path, from_directory(tmp_path))
    results = from_directory(tmp_path)
    sent = parse_points((tmp_path / "metrics.txt").read_text(), tmp_path / "metrics.txt")
    assert deliver(tmp_path, common.carbon, "--verify-url", common.url, "--wait", "20") == 0
    t = sent[0].t

    def only(query: str) -> float:
        (points,) = common.render([query], t - 10, t + 10).values()
        return dict(points)[t]

    everything = ["seriesByTag('name=~stackprobe', 'cloud=tagged')"]
    end = time.monotonic() + PATIENCE_S
    while len(found := common.render(everything, t - 10, t + 10)) < len(sent) and time.monotonic() < end:
        time.sleep(0.2)  # carbon tells graphite-web of new series in batches, some time after it has made them
    assert {name: dict(points)[t] for name, points in found.items()} == {p.name: p.value for p in sent}

    count = "seriesByTag('name=stackprobe.api.count', 'cloud=tagged', 'status=~5..|no_response')"
    assert only(f"sumSeries({count})") == sum(call.is_bad for call in results.calls)
    by_service = common.render([f"groupByTags({count}, 'sum', 'service')"], t - 10, t + 10)
    bad = [call for call in results.calls if call.is_bad]
    assert {name.rpartition("=")[2]: dict(p)[t] for name, p in by_service.items()} == {
        service: sum(call.service == service for call in bad) for service in {call.service for call in bad}
    }
    router = next(step for step in results.steps if step.key == "create_the_router")
    query = "seriesByTag('name=stackprobe.step.duration_ms', 'cloud=tagged', 'step=create_the_router')"
    assert only(query) == router.duration_ms
