"""A hundred thousand figures to a real carbon, each of a series of its own; until the store has all of them."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import pocketgraphite

from tests.bench.measuring import cost_of, judged

LINES = 100_000
TARGET_S = 30


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        work = Path(directory)
        graphite = pocketgraphite.up(work / "graphite", retentions="1s:1h")
        try:
            t, run = int(time.time()) - 60, work / "run"
            run.mkdir()
            lines = (f"much.part{n % 100}.step{n // 100}.duration_ms {n}.5 {t}\n" for n in range(LINES))
            (run / "metrics.txt").write_text("".join(lines))
            began = time.monotonic()
            command = [sys.executable, "-m", "stackprobe", "send", str(run), "--graphite", graphite.carbon]
            cost = cost_of(command, {})
            print(judged(f"{LINES} lines delivered", cost.wall_s, TARGET_S, " s"))
            whisper = graphite.root / "storage" / "whisper" / "much"
            while (stored := sum(1 for _ in whisper.rglob("*.wsp"))) < LINES and time.monotonic() - began < 600:
                time.sleep(1)
            print(f"{stored} series in carbon's store {time.monotonic() - began:.0f} s after the start")
        finally:
            pocketgraphite.down(work / "graphite")
