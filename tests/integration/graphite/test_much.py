"""A hundred thousand figures, of the hundred runs that a long absence of carbon has piled up."""

from __future__ import annotations

import time
from pathlib import Path

from pocketgraphite import Graphite
from stackprobe.address import parse_address
from stackprobe.graphite.points import Point
from stackprobe.graphite.spool import Spool

from tests.integration.graphite.sending import PATIENCE_S, deliver, wait_until_written

RUNS, FIGURES = 100, 1000


def test_a_hundred_thousand_lines_are_delivered_without_loss(tmp_path: Path, common: Graphite) -> None:
    first = int(time.time()) - 2 * RUNS
    spool = Spool(tmp_path / "spool", parse_address(common.carbon), lambda line: None)
    for run in range(RUNS - 1):
        spool.add([Point(f"much.step{number}.duration_ms", run + number / 8, first + run) for number in range(FIGURES)])
    last = [Point(f"much.step{n}.duration_ms", RUNS - 1 + n / 8, first + RUNS - 1) for n in range(FIGURES)]
    (tmp_path / "metrics.txt").write_text("".join(f"{point}\n" for point in last))
    assert deliver(tmp_path, common.carbon, "--wait", "30") == 0
    wait_until_written(common, last)
    expected = {
        f"much.step{number}.duration_ms": [(first + run, run + number / 8) for run in range(RUNS)]
        for number in range(FIGURES)
    }
    end = time.monotonic() + PATIENCE_S  # for a moment what carbon writes is in neither its memory nor its files
    while (found := common.render(["much.*.duration_ms"], first - 1, first + RUNS)) != expected:
        assert time.monotonic() < end, f"{sum(map(len, found.values()))} of {RUNS * FIGURES} are there"
