"""Every query of every panel, run in a real graphite-web: it returns data, and the values are the journal's."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import journals
import pytest
from journals import Journals
from pocketgraphite import Graphite
from stackprobe.graphite.points import parse_points
from stackprobe.outputs import write_all
from stackprobe.results import from_directory

from tests.integration.graphite.seeing import EXPECTED, SWEEP, region
from tests.integration.graphite.seeing_guests import SCENARIOS, add_guests
from tests.integration.graphite.sending import deliver, wait_until_written
from tests.integration.graphite.shown import ALERTS, DASHBOARDS, PAGES, PANELS, Seen, shown, substituted


def one_of_everything(start: float) -> Journals:
    """A run with steps of all kinds that a panel shows, a 5xx, a request without an answer, a retry, a leftover."""
    names = ["identity", "network", "compute", "volume", "http_watch", "dns_resolve", "endpoints", *SCENARIOS]
    journal = Journals(7, names, start)
    stories = {**journals.STORIES, **{name: (name, []) for name in names[4:]}}
    journal._story = lambda name: stories[name]  # type: ignore[method-assign]
    journal.run(cloud="seen")
    journals.authenticate(journal)
    journal.scenario("identity", "retry", 1)
    journal.scenario("network", "http", 2)
    journal.scenario("compute")
    journal.scenario("volume", "error", 3)
    zoned: list[tuple[str, str, str, dict[str, float]]] = [
        ("compute", "Wait until the server is active", "az-1", {}),
        ("compute", "Wait until the server is active", "az-2", {}),
        (
            "http_watch",
            "Ask the address",
            "home",
            {"dns_ms": 1.5, "connect_ms": 2.5, "tls_ms": 9.0, "first_byte_ms": 30.5},
        ),
        ("http_watch", "Ask the address", "shop", {"connect_ms": 3.5, "certificate_days": 41.5}),
        ("dns_resolve", "Resolve the name", "www@ns1", {}),
        ("endpoints", "Ask the service", "compute", {}),
        ("endpoints", "Ask the service", "network", {}),
    ]
    for number, (scenario, name, zone, figures) in enumerate(zoned):
        journal.step(scenario, name, "http", 50.125 + number, zone=zone, figures=figures)
    add_guests(journal)
    journal.call("endpoints", "Ask", journal.seq, "network", "GET", "discovery", status=None, error="reset")
    journal.call("endpoints", "Ask", journal.seq, "identity", "GET", "user", status=404)
    journal.step("endpoints", "Skip what is not there", outcome="skipped")
    for name in names[4:]:
        journal.add("scenario_end", scenario=name, outcome="passed", duration_ms=77.5, message=None)
    journal._resource("volume", "volumes", "Create the leftover", "created")
    journal.end("failed", leftovers=1)
    return journal


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, common: Graphite) -> Iterator[Seen]:
    directory = tmp_path_factory.mktemp("seen")
    one_of_everything(float(int(time.time()) - 120)).write(directory)
    write_all(directory, from_directory(directory))
    run = from_directory(directory)
    with (directory / "metrics.txt").open("a") as file:
        lines = (
            f"stackprobe.seen.{region(run)}.sweep.{name} {value} {int(run.start_t)}\n" for name, value in SWEEP.items()
        )
        file.writelines(lines)
    assert deliver(directory, common.carbon) == 0
    wait_until_written(common, parse_points((directory / "metrics.txt").read_text(), directory / "metrics.txt"))
    yield Seen(common, run, "seen")


@pytest.mark.parametrize(("name", "title"), PANELS, ids=[": ".join(panel) for panel in PANELS])
def test_a_panel_shows_the_journals_values(seen: Seen, name: str, title: str) -> None:
    assert shown(seen, name, title), "it shows nothing"


def test_no_expectation_is_of_a_panel_that_there_is_not() -> None:
    assert set(EXPECTED) == set(PANELS)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["uid"])
def test_an_alert_rule_fires_when_it_should(seen: Seen, rule: dict[str, Any]) -> None:
    query, reduce, threshold = (one["model"] for one in rule["data"])
    target = query["target"].replace("stackprobe.*.*", f"stackprobe.{seen.cloud}.*")
    series = seen.graphite.render([target], seen.t - 600, seen.t + 100)
    assert any(series.values()), "it has no data"
    reducers = {"sum": sum, "min": min, "last": lambda v: v[-1], "count": len, "mean": lambda v: sum(v) / len(v)}
    values = {name: reducers[reduce["reducer"]]([v for _, v in points]) for name, points in series.items() if points}
    evaluator = threshold["conditions"][0]["evaluator"]
    limit = evaluator["params"][0]
    fires = {name for name, value in values.items() if (value < limit if evaluator["type"] == "lt" else value > limit)}
    errors = {call.service for call in seen.run.calls if call.is_bad}
    expected: dict[str, set[str]] = {
        "stackprobe-failed": set(),  # one failed run alone
        "stackprobe-silent": set(),
        "stackprobe-error": set(),
        "stackprobe-leftovers": {f"seen.{region(seen.run)}"},
        "stackprobe-late": set(),
        "stackprobe-api-slow": {"seen.RegionOne.compute"},
    }
    if rule["uid"] == "stackprobe-api-errors":
        assert errors and {name.rpartition(".")[2] for name in fires} <= errors
        shares = {
            service: 100
            * sum(call.is_bad for call in seen.run.calls if call.service == service)
            / sum(call.service == service for call in seen.run.calls)
            for service in errors
        }
        assert sorted(values.values()) == pytest.approx(sorted(shares.values()))
    else:
        assert fires == expected[rule["uid"]]


@pytest.mark.parametrize("file", sorted((DASHBOARDS / "graphite").iterdir()), ids=lambda path: path.stem)
def test_graphite_web_keeps_and_draws_its_own_dashboards(seen: Seen, file: Path) -> None:
    state = file.read_text()
    name = json.loads(state)["name"]
    data = urllib.parse.urlencode({"state": state}).encode()
    with urllib.request.urlopen(f"{seen.graphite.url}/dashboard/save/{name}", data, timeout=30) as answer:
        assert json.load(answer) == {"success": True}
    with urllib.request.urlopen(f"{seen.graphite.url}/dashboard/load/{name}", timeout=30) as answer:
        kept = json.load(answer)["state"]
    assert kept == json.loads(state)
    page = PAGES[file.stem]
    for (_, parameters, _), panel in zip(kept["graphs"], page["panels"], strict=True):
        theirs = [query.replace("stackprobe.*.*", "stackprobe.seen.*") for query in parameters["target"]]
        ours = [substituted(target["target"], seen.choices(page)) for target in panel["targets"]]
        for one, other in zip(theirs, ours, strict=True):
            assert seen.ask(one) == pytest.approx(seen.ask(other)) != {}


def test_carbon_takes_the_files_and_keeps_sums_and_peaks(graphite: Any) -> None:
    one: Graphite = graphite()
    one.stop("carbon")
    for name in ("storage-schemas.conf", "storage-aggregation.conf"):
        (one.root / "etc" / name).write_text((DASHBOARDS / "carbon" / name).read_text())
    one.start("carbon")
    hour = int(time.time()) // 3600 * 3600 - 3600
    values = {
        "run.failed": [1, 0, 1],
        "run.leftovers": [0, 5, 1],
        "run.duration_ms": [10, 20, 60],
        "a.min_ms": [4, 2, 3],
        "a.b.rtt_p95_ms": [4, 9, 3],
    }
    lines = [
        f"stackprobe.c.R.{name} {value} {hour + 600 * number}"
        for name, several in values.items()
        for number, value in enumerate(several)
    ]
    directory = one.root / "run-of-test"
    directory.mkdir()
    (directory / "metrics.txt").write_text("\n".join(lines) + "\n")
    assert deliver(directory, one.carbon) == 0
    wait_until_written(one, parse_points("\n".join(lines), directory))
    targets = [f"stackprobe.c.R.{name}" for name in values]
    expected = {"run.failed": 2.0, "run.leftovers": 5.0, "run.duration_ms": 30.0, "a.min_ms": 2.0}
    expected["a.b.rtt_p95_ms"] = 9.0
    end = time.monotonic() + 15
    while True:  # asked from so long ago, Graphite answers from the archive of hours
        found = one.render(targets, time.time() - 40 * 86400, hour + 3600)
        hours = {name.removeprefix("stackprobe.c.R."): [value for _, value in points] for name, points in found.items()}
        if hours == {name: [value] for name, value in expected.items()}:
            break
        assert time.monotonic() < end, hours
        time.sleep(0.2)
    fine = one.render(targets, hour - 10, hour + 1900)
    assert [value for _, value in fine["stackprobe.c.R.run.failed"]] == [1, 0, 1]
