"""Past figures from a real Graphite are what metrics.txt said, and what a directory of the same runs says."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import journals
import pytest
from pocketgraphite import Graphite, down
from stackprobe import cli
from stackprobe.history import compact
from stackprobe.history.archive import ArchiveHistory
from stackprobe.history.graphite import GraphiteHistory
from stackprobe.history.model import HistoryUnavailable
from stackprobe.history.render import RenderClient
from stackprobe.keeping.folder import apply
from stackprobe.keeping.plan import Bounds, Change, plan
from stackprobe.outputs import metrics
from stackprobe.results import Outcome, from_directory

ROOT = "stackprobe.past.RegionOne"
#: When the runs started, seconds ago, and how they ended.
RUNS = {900: "failed", 600: "passed", 300: "passed"}


def journal(age_s: float, outcome: str, cloud: str) -> journals.Journals:
    start = int(time.time() - age_s) + 0.25
    one = journals.mixed(start=start) if outcome == "failed" else journals.fair(["identity"], start=start)
    one.records[0].update(cloud=cloud, run=f"r{age_s}")
    return one


@pytest.fixture(scope="module")
def past(common: Graphite, tmp_path_factory: pytest.TempPathFactory) -> tuple[Graphite, Path, list[str]]:
    """A Graphite and a directory with the same runs, and the lines of metrics.txt of all of them."""
    directory, kept = tmp_path_factory.mktemp("run"), tmp_path_factory.mktemp("kept")
    lines = []
    for age_s, outcome in RUNS.items():
        journal(age_s, outcome, "past").write(directory)
        lines += metrics.render(from_directory(directory)).splitlines()
        record = compact.compact_directory(directory)
        apply(kept, Change(plan({}, lambda _: b"", [record], Bounds(90, 10**8), time.time()).written))
    (directory / "metrics.txt").write_text("".join(f"{line}\n" for line in lines))
    verify = ["--verify-url", common.url, "--wait", "60"]
    assert cli.main(["send", str(directory), "--graphite", common.carbon, *verify]) == 0
    return common, kept, lines


def test_every_figure_of_every_run_is_there_under_its_time(past: tuple[Graphite, Path, list[str]]) -> None:
    graphite, _, lines = past
    now = time.time()
    patterns = [".".join("*" * parts) for parts in range(1, 7)]
    found = GraphiteHistory(RenderClient(graphite.url), ROOT).figures(patterns, now - 3000, now)
    stored = {(figure, sample.t): sample.value for figure, samples in found.items() for sample in samples}
    sent = {}
    for line in lines:
        name, value, t = line.split(" ")
        sent[name.removeprefix(f"{ROOT}."), int(t)] = float(value)
    assert stored.keys() == sent.keys()
    assert all(math.isclose(stored[one], sent[one], rel_tol=1e-9) for one in sent)


def test_graphite_and_a_directory_of_the_same_runs_say_the_same(past: tuple[Graphite, Path, list[str]]) -> None:
    graphite, kept, _ = past
    archive, now = ArchiveHistory(kept, "past", "RegionOne"), time.time()
    history = GraphiteHistory(RenderClient(graphite.url), "stackprobe.past.*")
    for patterns in (["*.{passed,failed}"], ["api.*.*.*.*.count", "run.heartbeat"], ["identity.*.duration_ms"]):
        mine, theirs = (one.figures(patterns, now - 3000, now) for one in (archive, history))
        assert mine.keys() == theirs.keys() and mine
        for figure, samples in mine.items():
            assert [sample.t for sample in samples] == [sample.t for sample in theirs[figure]]
            for one, other in zip(samples, theirs[figure], strict=True):
                assert math.isclose(one.value, other.value, abs_tol=0.00051)
    runs = history.runs(now - 3000, now)
    assert [run.outcome for run in runs] == [Outcome.FAILED, Outcome.PASSED, Outcome.PASSED]
    assert [(run.t, run.outcome) for run in archive.runs(now - 3000, now)] == [(run.t, run.outcome) for run in runs]
    assert archive.runs(now - 3000, now)[0].bad and not runs[0].bad


def test_a_cloud_that_is_not_there_has_no_past(past: tuple[Graphite, Path, list[str]]) -> None:
    history = GraphiteHistory(RenderClient(past[0].url), "stackprobe.nobody.RegionOne")
    assert history.figures(["*"], 0, time.time()) == {} and history.runs(0, time.time()) == []


def test_a_graphite_that_ends_is_told(graphite: Callable[..., Graphite]) -> None:
    one = graphite()
    history = GraphiteHistory(RenderClient(one.url, 5), ROOT)
    assert history.runs(0, time.time()) == []
    down(one.root)
    with pytest.raises(HistoryUnavailable, match="Graphite cannot be asked"):
        history.runs(0, time.time())


def test_the_recent_part_of_a_long_window_is_as_fine_as_it_was_sent(
    graphite: Callable[..., Graphite], tmp_path: Path
) -> None:
    one, now = graphite(retentions="1s:6h,1h:60d"), int(time.time())
    ages_s = (600, 601, 3 * 86400, 3 * 86400 + 1)
    lines = [f"{ROOT}.run.{outcome} 1 {now - age_s}\n" for age_s in ages_s for outcome in ("passed",)]
    (tmp_path / "metrics.txt").write_text("".join(lines))
    verify = ["--verify-url", one.url, "--wait", "60"]
    cli.main(["send", str(tmp_path), "--graphite", one.carbon, *verify])
    found = GraphiteHistory(RenderClient(one.url), ROOT).figures(["run.passed"], now - 30 * 86400, now)["run.passed"]
    assert [sample.t for sample in found if sample.t > now - 3600] == [now - 601, now - 600]
    (old,) = [sample for sample in found if sample.t < now - 86400]
    assert old.t % 3600 == 0
