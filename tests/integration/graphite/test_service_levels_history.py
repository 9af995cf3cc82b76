"""Service levels over a real Graphite: what the runs before have delivered is what the next one is held against."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import journals
from pocketgraphite import Graphite
from stackprobe import cli
from stackprobe.config import load_config
from stackprobe.outputs import metrics
from stackprobe.results import Results, from_directory
from stackprobe.service_levels.conduct import Asked, judge_run

EVERY_S = 60
RULES: dict[str, Any] = {
    "in_time": {"step": "identity/read_the_catalog", "within_s": 1},
    "over_a_window": {"step": "identity/read_the_catalog", "within_s": 1, "window": "50m", "statistic": "max"},
    "as_ever": {"step": "identity/read_the_catalog", "baseline": {"minimum": 5}},
    "answered": {"calls": {"service": "identity", "status": "*"}, "success_ratio": 0.9, "window": "50m"},
    "runs_come": {"run": True, "missing": {"every": "1m"}},
}
SLOW_MS = 5000.0


def made(directory: Path, start: float, slow: bool) -> Results:
    """A run of one scenario, in which the catalog may take long to read."""
    journal = journals.fair(["identity"], start=start)
    journal.records[0] |= {"service_levels": RULES, "verdict": "damped", "cloud": "levelled"}
    for record in journal.records:
        if record["type"] == "step" and record["key"] == "read_the_catalog":
            record["duration_ms"] = SLOW_MS if slow else 45.0
    return from_directory(journal.write(directory).parent)


def test_an_outage_alarms_with_its_second_run(common: Graphite, tmp_path: Path) -> None:
    weather = [*[False] * 6, True, True]
    begin = time.time() - EVERY_S * len(weather)
    asked = Asked(load_config(), url=common.url)
    found = []
    waiting = ""
    for number, slow in enumerate(weather):
        directory = tmp_path / str(number)
        results = made(directory, begin + number * EVERY_S, slow)
        found.append(judge_run(directory, results, asked))
        waiting += metrics.render(results)
        if number >= weather.index(True) - 1:  # what came before can be delivered together
            (directory / "metrics.txt").write_text(waiting, encoding="utf-8")
            options = ["--graphite", common.carbon, "--verify-url", common.url, "--wait", "30"]
            assert cli.main(["send", str(directory), *options]) == 0
            waiting = ""
    last, before = found[-1], found[-2]
    assert last is not None and before is not None and last.blind is None
    words = {one.rule: (one.word, one.damped.alarm) for one in last.verdicts}
    assert words == {
        "in_time": ("bad", True),
        "over_a_window": ("bad", True),
        "as_ever": ("bad", True),
        "answered": ("ok", False),
        "runs_come": ("ok", False),
    }
    assert not any(one.damped.alarm for one in before.verdicts), "the first of them was a blip"
    assert (before.exit_code(0), last.exit_code(0)) == (0, 1)
    reasons = {one.rule: one.reason for one in last.verdicts}
    assert reasons["over_a_window"] == "max 5.00 s over 50m, 1.00 s allowed (8 runs)"
    assert "7 runs in 7 days" in reasons["as_ever"]
    assert found[0] is not None and {one.word for one in found[0].verdicts} == {"ok", "unknown"}
