"""summary.json: the verdict for programs, the worst first, bounded, and nothing in it that could break its reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import journals
import pytest
from journals import Journals
from stackprobe import cli
from stackprobe.journal import read
from stackprobe.outputs import summary, warning_lines
from stackprobe.results import build


def render(journal: Journals, tmp_path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(summary.render(build(read(journal.write(tmp_path)))))
    return loaded


def test_it_says_what_ran_where_and_how_it_ended(tmp_path: Path) -> None:
    found = render(journals.mixed(), tmp_path)
    assert (found["version"], found["run"], found["cloud"], found["region"]) == (1, journals.RUN, "demo", "RegionOne")
    assert (found["outcome"], found["exit_code"], found["finished"]) == ("failed", 1, True)
    assert found["started"] == "2026-09-21T14:13:20.250Z"
    assert found["start_delay_ms"] == 2500
    assert found["ci"] == {"build_url": "https://zuul.example.org/build/1", "pipeline": "periodic"}
    assert found["counts"]["scenarios"] == {"failed": 3, "error": 2, "passed": 2, "skipped": 0}
    assert sum(found["counts"]["steps"].values()) == sum(r["type"] == "step" for r in journals.mixed().records)
    assert (found["retries"], found["leftovers"]) == (1, 2)


def test_every_scenario_has_its_outcome_and_why_it_did_not_pass(tmp_path: Path) -> None:
    found = {one["name"]: one for one in render(journals.mixed(), tmp_path)["scenarios"]}
    assert found["identity"]["outcome"] == "passed" and found["identity"]["message"] is None
    assert found["network"]["outcome"] == "failed" and found["network"]["message"].startswith("HTTP 503")
    assert found["volume"]["outcome"] == "error" and "policy" in found["volume"]["message"]
    assert found["compute_az2"]["outcome"] == "error" and "unfinished" in found["compute_az2"]["message"]


def test_problems_are_failures_before_errors_and_name_their_line(tmp_path: Path) -> None:
    problems = render(journals.mixed(), tmp_path)["problems"]
    assert [problem["outcome"] for problem in problems] == ["failed"] * 3 + ["error"] * 2
    network = next(problem for problem in problems if problem["scenario"] == "network")
    assert network["step"] == "Create the router" and network["file"].endswith("main.yaml") and network["line"] > 0
    assert "\x1b" not in network["message"]
    assert problems[-1]["step"] is None and "unfinished" in problems[-1]["message"]


def test_the_rest_of_many_problems_is_counted(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    for index in range(80):
        journal.step("identity", f"Step {index}", outcome="failed", message="m" * 9000)
    found = render(journal, tmp_path)
    assert (len(found["problems"]), found["problems_left_out"]) == (50, 30)
    assert all(len(problem["message"]) <= summary.LONGEST_MESSAGE for problem in found["problems"])


def test_warnings_are_the_most_important_first(tmp_path: Path) -> None:
    journal = journals.mixed()
    journal.step("network", "Create the port again", duration_ms=2500.0, limit_ms=3000.0)
    journal.step("network", "Create the trunk", duration_ms=2400.0, limit_ms=3000.0)
    journal.step("network", "Tear down port x", "teardown", outcome="failed", message="left over: HTTP 500")
    words = [line.partition(":")[0] for line in render(journal, tmp_path)["warnings"]]
    assert words[:6] == ["ended early", "too slow", "not deleted", "leftovers", "slow", "retried"]
    assert set(words[6:]) == {"note"}


def test_a_warning_says_where_and_how_much(tmp_path: Path) -> None:
    journal = journals.mixed()
    journal.step("network", "Create the port again", duration_ms=2500.0, limit_ms=3000.0)
    lines = render(journal, tmp_path)["warnings"]
    assert "too slow: volume_slow, Wait until the volume is available: 65.4 s, limit of 30.0 s" in lines
    assert "slow: network, Create the port again: 2.50 s, 83% of its limit of 3.00 s" in lines
    assert "retried: identity, Get a token from the token: 1 retry, then passed" in lines
    assert any(line.startswith("leftovers: 2 (") for line in lines)
    assert "note: the runner's clock is 3.2 s behind the cloud's" in lines


def test_a_limit_says_nothing_while_the_runner_starved(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    journal.step("identity", "Slow", duration_ms=2900.0, limit_ms=3000.0, starved=True)
    assert not [line for line in render(journal, tmp_path)["warnings"] if line.startswith("slow")]


def test_fair_weather_has_no_warnings_and_no_problems(tmp_path: Path) -> None:
    found = render(journals.fair(), tmp_path)
    assert (found["outcome"], found["exit_code"], found["problems"], found["warnings"]) == ("passed", 0, [], [])


def test_twenty_lines_of_two_hundred_characters_are_the_most(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    for index in range(60):
        journal.step("identity", f"Step {index} " + "x" * 500, retries=1)
        journal.add("note", scenario=None, level="warning", message=f"{index} \x00\x1b[31m\n" + "日" * 9000)
    lines = render(journal, tmp_path)["warnings"]
    assert len(lines) == warning_lines.MOST and all(len(line) <= warning_lines.LONGEST for line in lines)
    assert lines[-1] == "… and 101 more warnings, see report.html"
    assert all(line.isprintable() for line in lines)


def test_a_killed_run_says_so_first(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    del journal.records[-1]
    found = render(journal, tmp_path)
    assert (found["outcome"], found["exit_code"], found["finished"]) == ("error", 2, False)
    assert found["warnings"][0].startswith("unfinished: ")


def test_a_journal_cut_at_any_byte_gives_a_summary_that_is_never_green(tmp_path: Path) -> None:
    data = journals.mixed().lines()
    path = tmp_path / "journal.jsonl"
    for size in range(1, len(data) - 1, 997):
        path.write_bytes(data[:size])
        found = json.loads(summary.render(build(read(path))))
        assert found["exit_code"] in (1, 2) and not found["finished"]


def report(directory: Path, *options: str) -> int:
    return cli.main(["report", str(directory), *options])


def test_report_says_the_verdict_only_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, make, code in (("passed", journals.fair, 0), ("failed", journals.mixed, 1)):
        make().write(tmp_path / name)
        assert report(tmp_path / name) == 0
        assert report(tmp_path / name, "--exit-code") == code
        assert json.loads((tmp_path / name / "summary.json").read_text())["exit_code"] == code
    capsys.readouterr()


def test_the_verdict_of_a_killed_run_is_two_unless_the_cloud_had_failed_before(tmp_path: Path) -> None:
    for name, make, code in (("fair", journals.fair, 2), ("mixed", journals.mixed, 1)):
        journal = make()
        del journal.records[-1]
        path = journal.write(tmp_path / name)
        path.write_bytes(path.read_bytes()[:-20])
        assert report(tmp_path / name, "--exit-code") == code


def test_the_verdict_of_no_run_is_two(tmp_path: Path) -> None:
    assert report(tmp_path, "--exit-code") == 2
    (tmp_path / "journal.jsonl").write_text("nonsense\n")
    assert report(tmp_path, "--exit-code") == 2
    (tmp_path / "journal.jsonl").write_bytes(b'{"type":"ru')
    assert report(tmp_path, "--exit-code") == 2
