"""Statistics of durations: figures that can be counted by hand, over one run and over several."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from stackprobe.cli import main
from stackprobe.outputs import html, markdown
from stackprobe.results import from_directory
from stackprobe.results.statistics import Statistics, percentile

from tests.unit import journals
from tests.unit.journals import Journals


def run(tmp_path: Path, durations_ms: list[float], name: str = "run", **changes: object) -> Path:
    """A run in which one step of one call is repeated, once for each duration."""
    journal = Journals(scenarios=["identity"])
    journal.run(run=f"{name}-7f3a")
    for duration_ms in durations_ms:
        call = {"duration_ms": duration_ms / 2, "request_id": None}
        journal.call("identity", "Ask", journal.seq, "identity", "GET", "tokens", **call)
        journal.step("identity", "Ask", duration_ms=duration_ms, key="ask", **changes)
    journal.add("scenario_end", scenario="identity", outcome="passed", duration_ms=1.0, message=None)
    journal.end("passed")
    journal.write(tmp_path / name)
    return tmp_path / name


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    assert main(["statistics", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_figures_are_those_of_a_hand_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, run(tmp_path, [40.0, 10.0, 30.0, 20.0, 100.0]))
    (step,) = found["steps"]
    figures = {name: step[name] for name in ("count", "min_ms", "median_ms", "mean_ms", "p95_ms", "max_ms")}
    assert figures == {"count": 5, "min_ms": 10, "median_ms": 30, "mean_ms": 40, "p95_ms": 100, "max_ms": 100}
    assert (step["scenario"], step["step"], step["passed"], step["failed"]) == ("identity", "Ask", 5, 0)
    (call,) = found["calls"]
    assert (call["service"], call["method"], call["resource"]) == ("identity", "GET", "tokens")
    assert (call["count"], call["median_ms"], call["max_ms"], call["bad"]) == (5, 15, 50, 0)


def test_several_runs_are_one_sample_and_a_path_given_twice_is_read_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = run(tmp_path, [10.0, 20.0], "a"), run(tmp_path, [90.0], "b")
    found = told(capsys, first, second, first / "journal.jsonl", first)
    assert [one["run"] for one in found["runs"]] == ["a-7f3a", "b-7f3a"]
    assert (found["steps"][0]["count"], found["steps"][0]["mean_ms"]) == (3, 40)


def test_a_run_that_lies_there_twice_is_counted_and_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = run(tmp_path, [10.0], "a"), tmp_path / "copy"
    second.mkdir()
    (second / "journal.jsonl").write_bytes((first / "journal.jsonl").read_bytes())
    assert main(["statistics", str(first), str(second)]) == 0
    assert "the run a-7f3a is counted more than once" in capsys.readouterr().err


@pytest.mark.parametrize("changes", [{"starved": True}, {"outcome": "error"}, {"outcome": "skipped"}])
def test_durations_that_say_nothing_about_the_cloud_are_left_out(
    changes: dict, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (step,) = told(capsys, run(tmp_path, [10.0, 20.0], **changes))["steps"]
    assert (step["count"], step["median_ms"]) == (0, None)
    assert sum(step[outcome] for outcome in ("passed", "failed", "error", "skipped")) == 2


def test_the_table_has_every_step_and_every_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journals.mixed().write(tmp_path)
    assert main(["statistics", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    results = from_directory(tmp_path)
    for step in results.steps:
        assert step.name in text
    for call in results.calls:
        assert f"{call.method} {call.resource}" in text
    assert "65.4 s" in text and text.rstrip().endswith("1 run")


def test_report_and_summary_have_the_table(tmp_path: Path) -> None:
    results = from_directory(run(tmp_path, [40.0, 10.0, 30.0, 20.0, 100.0]))
    assert "| identity › Ask | 0 | 5 | 10 ms | 30 ms | 40 ms | 100 ms | 100 ms |" in markdown.render(results)
    page = html.render(results)
    assert '<td class="num">5</td><td class="num">5.0 ms</td><td class="num">15 ms</td>' in page


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_a_directory_without_a_run_is_refused(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["statistics", str(tmp_path / name)]) == 2
    assert name in capsys.readouterr().err


def test_no_run_is_no_statistics() -> None:
    assert Statistics().steps == {} and percentile([7.0], 0.95) == 7.0


def test_what_has_no_duration_is_counted_in_the_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = run(tmp_path, [10.0, 20.0], outcome="error")
    assert "| identity › Ask | 2 | 2 | – | – | – | – | – |" in markdown.render(from_directory(directory))
    assert main(["statistics", str(directory)]) == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if " Ask " in line]
    assert row.split()[-7:] == ["2", "2", "–", "–", "–", "–", "–"]
