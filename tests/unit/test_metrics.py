"""metrics.txt: names by the contract, numbers that equal the journal's."""

from __future__ import annotations

import re
from pathlib import Path

import journals
import pytest
from journals import Journals
from stackprobe.graphite.points import parse_points
from stackprobe.journal import read
from stackprobe.outputs import metrics
from stackprobe.results import build

LINE = re.compile(r"([A-Za-z0-9_-]+\.)+[A-Za-z0-9_-]+ -?[0-9][0-9.e+-]* [0-9]+")


def figures(journal: Journals, tmp_path: Path) -> dict[str, float]:
    text = metrics.render(build(read(journal.write(tmp_path))))
    for line in text.splitlines():
        assert LINE.fullmatch(line), line
    found = parse_points(text, tmp_path / "metrics.txt")
    assert len({point.name for point in found}) == len(found), "a name stands twice"
    assert {point.t for point in found} == {int(journals.START)}
    return {point.name: point.value for point in found}


def test_names_follow_the_contract(tmp_path: Path) -> None:
    found = figures(journals.mixed(), tmp_path)
    root = "stackprobe.demo.RegionOne"
    for name in (
        "network.create_the_router.failed",
        "network.create_the_router.duration_ms",
        "network.create_the_router.retries",
        "network.duration_ms",
        "network.failed",
        "network.leftovers",
        "run.duration_ms",
        "run.start_delay_ms",
        "run.leftovers",
        "run.retries",
        "run.failed",
        "run.scenarios_error",
        "run.authenticate.duration_ms",
        "api.network.POST.routers.503.count",
        "api.network.POST.routers.503.mean_ms",
        "api.network.POST.routers.503.p95_ms",
        "api.network.POST.routers.503.max_ms",
        "api.compute.GET.servers.no_response.count",
    ):
        assert f"{root}.{name}" in found, name
    assert found[f"{root}.run.start_delay_ms"] == 2500
    assert found[f"{root}.run.scenarios_failed"] == 3
    assert found[f"{root}.run.itself_failed"] == 0


def test_every_step_figure_equals_the_journals(tmp_path: Path) -> None:
    journal = journals.mixed()
    found = figures(journal, tmp_path)
    for record in journal.records:
        if record["type"] == "step":
            name = f"stackprobe.demo.RegionOne.{record['scenario']}.{record['key']}"
            for outcome in ("passed", "failed", "error", "skipped"):
                assert found[f"{name}.{outcome}"] == int(record["outcome"] == outcome)
            measured = record["outcome"] in ("passed", "failed") and not record["starved"]
            assert found.get(f"{name}.duration_ms") == (record["duration_ms"] if measured else None)


def test_call_figures_are_those_of_the_calls(tmp_path: Path) -> None:
    journal = Journals(scenarios=["identity"])
    journal.run()
    for duration_ms in range(1, 21):
        journal.call("identity", "Poll", journal.seq, "compute", "GET", "servers", duration_ms=duration_ms + 0.125)
    journal.step("identity", "Poll", "wait")
    journal.call("identity", "Poll", journal.seq, "compute", "GET", "servers", duration_ms=9999.0)
    journal.step("identity", "Starved poll", "wait", starved=True)
    journal.add("scenario_end", scenario="identity", outcome="passed", duration_ms=1.0, message=None)
    journal.end("passed")
    found = figures(journal, tmp_path)
    name = "stackprobe.demo.RegionOne.api.compute.GET.servers.200"
    leaves = ("count", "mean_ms", "p95_ms", "max_ms")
    assert [found[f"{name}.{leaf}"] for leaf in leaves] == [21, 10.625, 19.125, 20.125]


def test_a_zone_is_a_part_of_its_own(tmp_path: Path) -> None:
    journal = Journals(scenarios=["compute"])
    journal.run()
    for zone in ("az-1", "az 2/ssd.fast"):
        journal.step("compute", "Create the server", zone=zone)
    journal.add("scenario_end", scenario="compute", outcome="passed", duration_ms=1.0, message=None)
    journal.end("passed")
    found = figures(journal, tmp_path)
    for zone in ("az-1", "az_2_ssd_fast"):
        assert found[f"stackprobe.demo.RegionOne.compute.create_the_server.{zone}.passed"] == 1


def test_a_repeated_step_gives_sums_mean_and_maximum_and_no_name_twice(tmp_path: Path) -> None:
    journal = Journals(scenarios=["compute"])
    journal.run()
    for duration_ms, outcome in ((100.0, "passed"), (300.0, "failed"), (50.0, "error")):
        journal.step("compute", "Ping", duration_ms=duration_ms, outcome=outcome, retries=1)
    journal.add("scenario_end", scenario="compute", outcome="failed", duration_ms=1.0, message=None)
    journal.end("failed")
    found = figures(journal, tmp_path)
    name = "stackprobe.demo.RegionOne.compute.ping"
    leaves = ("duration_ms", "max_ms", "passed", "failed", "error", "skipped", "retries")
    assert [found[f"{name}.{leaf}"] for leaf in leaves] == [200, 300, 1, 1, 1, 0, 3]


@pytest.mark.parametrize(
    "text", ["", ".", "a.b", "../../etc", "a b\nc", "{a,b}*?[x]", "ünïcode", "x" * 500, "a;b=c", "\x00"]
)
def test_no_text_can_break_a_name(text: str, tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    for record in journal.records:
        if record["type"] == "run":
            record.update(cloud=text, region=text)
        if record["type"] == "step":
            record.update(key=text, zone=text)
        if record["type"] == "call":
            record.update(service=text, method=text, resource=text)
    assert all(len(part) <= 100 for name in figures(journal, tmp_path) for part in name.split("."))


def test_names_that_become_the_same_are_told_apart(tmp_path: Path) -> None:
    journal = Journals(scenarios=["identity_a.b", "identity_a_b", "identity_a b"])
    journal.run()
    for name in journal.names:
        for key in ("x.y", "x_y"):
            journal.step(name, "Step", key=key)
        journal.add("scenario_end", scenario=name, outcome="passed", duration_ms=1.0, message=None)
    journal.end("passed")
    found = figures(journal, tmp_path)
    assert len({name for name in found if name.endswith(".passed") and "identity" in name and ".x_y" in name}) == 6


def test_a_scenario_named_like_a_reserved_part_does_not_mix_with_it(tmp_path: Path) -> None:
    journal = Journals(scenarios=["identity"])
    journal.run(scenarios=[{"name": "api"}])
    journal.step("api", "Step")
    journal.add("scenario_end", scenario="api", outcome="passed", duration_ms=1.0, message=None)
    journal.end("passed")
    assert "stackprobe.demo.RegionOne.api_2.step.passed" in figures(journal, tmp_path)


def test_an_unfinished_run_has_no_duration_of_its_own(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    del journal.records[-2:]
    found = figures(journal, tmp_path)
    assert "stackprobe.demo.RegionOne.run.duration_ms" not in found
    assert "stackprobe.demo.RegionOne.identity.duration_ms" not in found
    assert found["stackprobe.demo.RegionOne.run.error"] == 1


def test_an_unknown_cloud_has_no_figures(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_bytes(b'{"type":"run","t":17')
    assert metrics.render(build(read(tmp_path / "journal.jsonl"))) == ""


def test_only_a_run_that_judged_the_cloud_has_a_heartbeat(tmp_path: Path) -> None:
    name = "stackprobe.demo.RegionOne.run.heartbeat"
    assert figures(journals.fair(), tmp_path)[name] == figures(journals.mixed(), tmp_path)[name] == 1
    killed = journals.fair()
    del killed.records[-1]
    assert name not in figures(killed, tmp_path)


def test_what_else_a_step_measured_is_a_figure_of_its_own(tmp_path: Path) -> None:
    journal = Journals(scenarios=["identity"])
    journal.run()
    figures_of = {"dns_ms": 1.5, "first_byte_ms": 20.25, "certificate_days": 80.5, "duration_ms": 7, "so.me": "text"}
    journal.step("identity", "Ask", "http", 100.0, zone="home", figures=figures_of)
    journal.step("identity", "Ask", "http", 200.0, zone="home", figures={"dns_ms": 2.5})
    journal.step("identity", "Ask", "http", zone="late", figures={"dns_ms": 9, "certificate_days": -3}, starved=True)
    journal.step("identity", "Ask", "http", zone="ours", figures={"dns_ms": 9}, outcome="error")
    journal.step("identity", "Ask", "http", zone="none", figures=None)
    found = figures(journal, tmp_path)
    name = "stackprobe.demo.RegionOne.identity.ask"
    assert found[f"{name}.home.dns_ms"] == 2.0 and found[f"{name}.home.first_byte_ms"] == 20.25
    assert found[f"{name}.home.certificate_days"] == 80.5 and found[f"{name}.home.duration_ms"] == 150
    assert found[f"{name}.late.certificate_days"] == -3 and f"{name}.late.dns_ms" not in found
    assert not [one for one in found if "so" in one.rpartition(".")[2] and "me" in one]
    assert f"{name}.ours.dns_ms" not in found
