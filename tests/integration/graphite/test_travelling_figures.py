"""Builds with an empty workspace each: what Graphite missed while it was away comes with the logs, whole."""

from __future__ import annotations

import time
from pathlib import Path

import journals
import pytest
from pocketgraphite import Graphite
from stackprobe import cli
from stackprobe.graphite.points import Point, parse_points
from stackprobe.outputs import write_all
from stackprobe.results import from_directory

from tests.support.zuul_api import ZuulApi


def build(api: ZuulApi, workspace: Path, graphite: Graphite, start: float, *options: str) -> list[Point]:
    """One build as the playbooks run it: probe, fetch what was left, send, publish. The run's figures."""
    journal = journals.fair(["identity"], start=start)
    journal.records[0]["cloud"] = "travelling"
    journal.write(workspace)
    write_all(workspace, from_directory(workspace))
    earlier, left = workspace / "earlier.txt", workspace / "undelivered.txt"
    fetched = cli.main(["undelivered", "--zuul-url", api.url, "--job", "probe-demo", "--to", str(earlier)])
    assert fetched == 0
    files = ["--earlier", str(earlier), "--undelivered", str(left)]
    sent = cli.main(["send", str(workspace), "--graphite", graphite.carbon, "--wait", "0", *files, *options])
    assert (sent == 1) == left.exists()
    artifacts = [{"name": "Report", "url": "report.html", "metadata": {"type": "stackprobe_report"}}]
    if left.exists():
        api.files[f"/logs/{workspace.name}/undelivered.txt"] = left.read_bytes()
        artifacts.append({"name": "U", "url": "undelivered.txt", "metadata": {"type": "stackprobe_undelivered"}})
    api.add(artifacts=artifacts, log_url=f"{api.root}/logs/{workspace.name}/")
    return parse_points((workspace / "metrics.txt").read_text(), workspace / "metrics.txt")


def test_runs_while_graphite_was_away_arrive_with_the_first_one_after(
    tmp_path: Path, common: Graphite, capsys: pytest.CaptureFixture[str]
) -> None:
    api, base = ZuulApi(), float(int(time.time())) - 30
    try:
        common.stop("carbon")
        try:
            first = build(api, tmp_path / "one", common, base)
            api.add(result="RETRY_LIMIT")  # an executor was killed: this build published nothing
            second = build(api, tmp_path / "two", common, base + 10)
        finally:
            common.start("carbon")
        third = build(api, tmp_path / "three", common, base + 20, "--verify-url", common.url, "--wait", "20")
        fourth = build(api, tmp_path / "four", common, base + 25, "--verify-url", common.url, "--wait", "20")
    finally:
        api.close()
    assert len(first) > 30
    names = [point.name for point in first]
    found = common.render(names, base - 5, base + 40)
    for points in zip(first, second, third, fourth, strict=True):
        assert found[points[0].name] == [(point.t, float(point.value)) for point in points]
    assert "no figures of earlier builds wait" in capsys.readouterr().out.splitlines()[-2]
