"""The watchdog over a real Graphite, filled by `stackprobe send` with the figures of real reports."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import journals
import pytest
from pocketgraphite import Graphite
from stackprobe import cli
from stackprobe.outputs import metrics
from stackprobe.results import from_directory

EVERY_S = 300
#: When the runs on each cloud started, seconds ago.
CLOUDS: dict[str, list[float]] = {
    "healthy": [60 + EVERY_S * index for index in range(8)],
    "stopped": [60 + EVERY_S * index for index in range(4, 10)],
    "holed": [60 + EVERY_S * index for index in (0, 1, 5, 6, 7)],
    "borne": [60 + EVERY_S * index for index in (0, 1, 3, 4, 5, 7)],
}
#: Runs of this one came to no judgement.
KILLED = "killed"


def figures(directory: Path, cloud: str, start: float, killed: bool = False) -> str:
    journal = journals.fair(["identity"], start=start)
    journal.records[0]["cloud"] = cloud
    if killed:
        del journal.records[-1]
    journal.write(directory)
    lines = metrics.render(from_directory(directory)).splitlines(keepends=True)
    return "".join(line for line in lines if ".run." in line)  # the rest takes long to read back


@pytest.fixture(scope="module")
def filled(common: Graphite, tmp_path_factory: pytest.TempPathFactory) -> Graphite:
    """A Graphite with an hour of runs on several clouds."""
    directory, now = tmp_path_factory.mktemp("filled"), time.time()
    lines = [figures(directory, cloud, now - age) for cloud, ages in CLOUDS.items() for age in ages]
    lines += [figures(directory, KILLED, now - age, killed=True) for age in CLOUDS["healthy"]]
    (directory / "metrics.txt").write_text("".join(lines))
    verify = ["--verify-url", common.url, "--wait", "30"]
    assert cli.main(["send", str(directory), "--graphite", common.carbon, *verify]) == 0
    return common


@pytest.fixture
def watch(filled: Graphite, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[str]]]:
    def run(cloud: str, *options: str) -> tuple[int, list[str]]:
        capsys.readouterr()
        code = cli.main(["watchdog", "--graphite-url", filled.url, "--run", f"{cloud}=5m", *options])
        return code, capsys.readouterr().out.splitlines()

    return run


Watch = Callable[..., tuple[int, list[str]]]


@pytest.mark.parametrize("cloud", ["healthy/RegionOne", "healthy", "borne/RegionOne"])
def test_runs_that_arrive_are_quiet(watch: Watch, cloud: str) -> None:
    code, (line,) = watch(cloud)
    assert code == 0 and line.startswith(f"ok      run {cloud}: newest run 1m")


def test_runs_that_stopped_alarm(watch: Watch) -> None:
    code, (line,) = watch("stopped/RegionOne")
    assert code == 1 and line.startswith("ALARM   run stopped/RegionOne: no run since ")
    assert re.search("one is expected every 5m, so [3-5] runs are missing$", line)


def test_a_hole_alarms_although_runs_have_come_back(watch: Watch) -> None:
    code, (line,) = watch("holed/RegionOne")
    assert code == 1 and line.startswith("ALARM   run holed/RegionOne: gap: no run from ")
    assert line.endswith("3 runs are missing; one is expected every 5m")


def test_fewer_missing_runs_alarm_when_asked_to(watch: Watch) -> None:
    assert watch("borne/RegionOne", "--missed", "1")[0] == 1
    assert watch("holed/RegionOne", "--missed", "4")[0] == 0


def test_data_of_long_ago_are_no_data(watch: Watch) -> None:
    code, (line,) = watch("stopped/RegionOne", "--window", "20m")
    assert code == 1 and "no data: no run has judged the cloud in the last 20m" in line


@pytest.mark.parametrize("cloud", ["nowhere", "healthy/RegionTwo"])
def test_a_cloud_that_graphite_never_heard_of_alarms(watch: Watch, cloud: str) -> None:
    code, (line,) = watch(cloud)
    assert code == 1 and "no data: Graphite has no series stackprobe." in line


def test_runs_that_judged_nothing_are_no_data(filled: Graphite, watch: Watch) -> None:
    assert f"stackprobe.{KILLED}.RegionOne.run" in filled.find(f"stackprobe.{KILLED}.RegionOne.*")
    code, (line,) = watch(KILLED)
    assert code == 1 and "no data" in line


def test_a_graphite_that_is_away_is_no_judgement(filled: Graphite, watch: Watch) -> None:
    filled.stop("web")
    try:
        code, (line,) = watch("healthy")
    finally:
        filled.start("web")
    assert code == 2 and line.startswith("UNKNOWN run healthy: Graphite cannot be asked: ")
    assert watch("healthy")[0] == 0
