"""The state from a real Graphite is that from a directory of the same runs: no runner has to remember anything."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pocketgraphite import Graphite
from stackprobe import cli

from tests.unit.state import archive
from tests.unit.state.worlds import history

EVERY_S = 300
LETTERS = {"compute": "pppppffppppfpppff", "volume": "p" * 17, "image": "p" * 14 + "eee", "dns_zone": "s" * 17}


def lines(past: archive.MemoryHistory, since_t: float, until_t: float) -> list[str]:
    """The history as ``metrics.txt`` has it."""
    series = past.figures(["*.*", "*.*.*"], since_t, until_t)
    return [
        f"stackprobe.stated.one.{figure} {one.value:g} {one.t}" for figure, samples in series.items() for one in samples
    ]


def test_graphite_and_a_directory_of_the_same_runs_tell_the_same_state(
    graphite: Callable[..., Graphite],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = graphite(retentions="60s:2d")
    monkeypatch.chdir(tmp_path)
    now_t = time.time() // 60 * 60
    past = history(LETTERS, last_t=now_t - 120, every_s=EVERY_S)
    archive.write(tmp_path / "past", past, "stated", until_t=now_t)
    (tmp_path / "metrics.txt").write_text("".join(f"{line}\n" for line in lines(past, 0, now_t)))
    assert cli.main(["send", ".", "--graphite", store.carbon, "--verify-url", store.url, "--wait", "60"]) == 0
    capsys.readouterr()
    told = []
    for source in (["--history", "past"], ["--graphite-url", store.url]):
        at = datetime.fromtimestamp(now_t, UTC).isoformat()
        assert cli.main(["status", "--cloud", "stated", "--region", "one", "--at", at, "--json", *source]) == 1
        told.append(json.loads(capsys.readouterr().out)["clouds"][0])
    for one in told:
        for service in one["services"]:
            service.pop("reason")
    assert told[0] == told[1]
    assert {one["service"]: one["status"] for one in told[1]["services"]} == {
        "block-storage": "up", "compute": "down", "image": "unknown",
    }  # fmt: skip
    compute = next(one for one in told[1]["services"] if one["service"] == "compute")
    assert len(compute["incidents"]) == 2
