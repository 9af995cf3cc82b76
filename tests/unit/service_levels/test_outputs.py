"""Every report shows what the rules say, a run knows the state before it, and the exit code follows if asked."""

from __future__ import annotations

import argparse
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from junitparser import JUnitXml
from rich.console import Console
from stackprobe.commands import finish, report
from stackprobe.commands import run as commands_run
from stackprobe.config import load_config
from stackprobe.errors import UsageError
from stackprobe.history.model import History
from stackprobe.outputs import html, junit, markdown, metrics, summary, write_all
from stackprobe.outputs.warning_lines import warning_lines
from stackprobe.results import Outcome, Results, from_directory
from stackprobe.scenarios import RESERVED
from stackprobe.service_levels import Evaluation, recording
from stackprobe.service_levels.conduct import Asked, judge_run
from stackprobe.service_levels.judging import evaluate

from tests.support.memory_history import MemoryHistory
from tests.support.service_levels import figures, history, in_turn, run, step_of
from tests.unit import journals

RULES: dict[str, Any] = {
    "router_in_time": {"step": "network/create_the_router", "within_s": 1, "severity": "down"},
    "router_as_ever": {"step": "network/create_the_router", "baseline": {}},
    "tidy": {"run": True, "leftovers": 0},
}
FAST, SLOW = step_of(100.0), step_of(5000.0)
PASSED, FAILED = step_of(100.0), step_of(100.0, outcomes=["failed"])


class Here(Asked):
    """A history that is at hand."""

    def __init__(self, past: History | None) -> None:
        super().__init__(load_config())
        self.past = past

    def open(self, results: Results) -> History | None:
        return self.past


def judged(write: Any = SLOW, past: History | None = None, **run_as: Any) -> Results:
    results = run(RULES, write, scenarios=["network"], **run_as)
    return replace(results, service_levels=evaluate(results, past or MemoryHistory()))


def saved(tmp_path: Path, write: Any = SLOW, rules: Any = None, **run_as: Any) -> Path:
    """A directory with the journal alone."""
    journal = journals.Journals(scenarios=["network"])
    journal.run(service_levels=RULES if rules is None else rules, **run_as)
    journals.authenticate(journal)
    write(journal)
    journal.end("passed")
    return journal.write(tmp_path).parent


# --- a run after the other


def alarms(found: list[Evaluation], rule: str) -> list[bool]:
    return [next(one for one in evaluation.verdicts if one.rule == rule).damped.alarm for evaluation in found]


def test_through_the_figures_of_earlier_runs_one_blip_is_no_alarm() -> None:
    found = in_turn(RULES, [FAST, FAST, SLOW, FAST, FAST], scenarios=["network"])
    assert [one.verdicts[0].ok for one in found] == [True, True, False, True, True]
    assert not any(alarms(found, "router_in_time"))


def test_through_the_figures_of_earlier_runs_an_outage_alarms_with_its_second_run_and_recovers() -> None:
    found = in_turn(RULES, [FAST, SLOW, SLOW, SLOW, FAST, FAST], scenarios=["network"])
    assert alarms(found, "router_in_time") == [False, False, True, True, True, False]
    assert found[2].verdicts[0].damped.text == "alarm: bad in 2 of the last 3 runs"
    assert not any(alarms(found, "tidy"))


def test_flapping_reaches_the_figures_and_the_warnings() -> None:
    results = run(RULES, SLOW, scenarios=["network"], start=journals.START + 6 * 600)
    past = [
        replace(one, service_levels=evaluation)
        for one, evaluation in zip(
            [
                run(RULES, w, start=journals.START + n * 600, scenarios=["network"])
                for n, w in enumerate([FAST, SLOW] * 3)
            ],
            in_turn(RULES, [FAST, SLOW] * 3, scenarios=["network"]),
            strict=True,
        )
    ]
    results.service_levels = evaluate(results, history(*past))
    assert figures(results)["service_level.router_in_time.flapping"] == 1
    assert "flapping: router_in_time" in warning_lines(results)


# --- the reports


def test_each_rule_has_its_figures() -> None:
    found = {name: value for name, value in figures(judged()).items() if name.startswith("service_level.")}
    assert {name for name, value in found.items() if value} == {
        "service_level.router_in_time.bad", "service_level.router_as_ever.unknown", "service_level.tidy.ok",
    }  # fmt: skip
    assert len(found) == 15 and set(found.values()) == {0, 1}
    assert "service_level" in RESERVED and "service_level" in metrics.RESERVED


def test_each_rule_is_a_test_that_says_what_this_run_says(tmp_path: Path) -> None:
    text = junit.render(judged())
    suites = {suite.get("name"): suite for suite in ET.fromstring(text)}
    levels = suites["service_levels"]
    assert (levels.get("tests"), levels.get("failures"), levels.get("skipped")) == ("3", "1", "1")
    cases = {case.get("name"): case for case in levels.iter("testcase")}
    assert [case.get("classname") for case in cases.values()] == [
        "service_levels.network/create_the_router", "service_levels.network/create_the_router", "service_levels.run",
    ]  # fmt: skip
    failure, skipped = cases["router_in_time"].find("failure"), cases["router_as_ever"].find("skipped")
    assert failure is not None and failure.get("message") == "took 5.00 s in this run, 1.00 s allowed"
    assert failure.get("type") == "down" and "no alarm: bad in 1 of the last 1 runs" in str(failure.text)
    assert skipped is not None and str(skipped.get("message")).startswith("unknown: cold start: 0 of at least 20")
    assert [child.tag for child in cases["tidy"]] == ["system-out"]
    (tmp_path / "junit.xml").write_text(text, encoding="utf-8")
    whole = JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    assert (whole.failures, whole.skipped) == (1, 1)


def test_names_of_tests_are_the_same_whatever_was_found() -> None:
    def names(results: Results) -> list[tuple[str | None, str | None]]:
        return [
            (case.get("classname"), case.get("name")) for case in ET.fromstring(junit.render(results)).iter("testcase")
        ]

    assert names(judged(FAST)) == names(judged(SLOW))


def test_a_bad_rule_leaves_outcome_and_exit_code_as_they_are() -> None:
    results = judged()
    assert (results.outcome, results.exit_code) == (Outcome.PASSED, 0)
    assert json.loads(summary.render(results))["exit_code"] == 0


def test_pages_and_summary_show_the_rules() -> None:
    results = judged()
    page = html.render(results)
    assert '<section id="levels">' in page and '<a href="#levels">' in page
    assert "router_in_time" in page and "took 5.00 s in this run, 1.00 s allowed" in page
    text = markdown.render(results)
    assert "### Service levels" in text and "| router\\_in\\_time (network/create\\_the\\_router) | ❌ bad |" in text
    assert text.index("router\\_in\\_time") < text.index("tidy"), "what is bad comes first"
    told = json.loads(summary.render(results))
    rules = {one["rule"]: one for one in told["service_levels"]["rules"]}
    assert {name: one["verdict"] for name, one in rules.items()} == {
        "router_in_time": "bad", "router_as_ever": "unknown", "tidy": "ok",
    }  # fmt: skip
    assert rules["router_in_time"]["service"] == "network" and not rules["router_in_time"]["alarm"]
    assert told["warnings"] == [
        "service level: router_in_time: took 5.00 s in this run, 1.00 s allowed (no alarm: bad in 1 of the last 1 runs)"
    ]


def test_a_run_without_rules_shows_none() -> None:
    results = run({}, FAST, scenarios=["network"])
    assert "service_level" not in junit.render(results) + markdown.render(results) + metrics.render(results)
    assert 'id="levels"' not in html.render(results)
    assert json.loads(summary.render(results))["service_levels"] is None


def test_hostile_texts_break_no_report() -> None:
    results = judged()
    nasty = "<b>\x1b[31m]]>\x00 | `x` @all ￾"
    assert results.service_levels is not None
    verdicts = [replace(one, reason=nasty, subject=nasty) for one in results.service_levels.verdicts]
    results.service_levels = replace(results.service_levels, verdicts=tuple(verdicts))
    ET.fromstring(junit.render(results))
    assert "<b>" not in html.render(results).split('<section id="levels">')[1] and "<b>" not in markdown.render(results)


# --- what was found stays


def test_what_was_found_is_written_and_reports_made_again_are_the_same(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    results = from_directory(directory)
    past = in_turn(RULES, [SLOW], scenarios=["network"])
    before = run(RULES, SLOW, start=journals.START - 600, scenarios=["network"])
    before.service_levels = past[0]
    judge_run(directory, results, Here(history(before)))
    write_all(directory, results)
    files = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert b'"alarm": true' in files["service_levels.json"]
    parser = argparse.ArgumentParser()
    report.add_arguments(parser)
    report.execute(parser.parse_args([str(directory)]))
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == files


def test_judged_once_with_a_history_a_run_is_not_judged_again(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    first = judge_run(directory, from_directory(directory), Here(MemoryHistory()))
    assert judge_run(directory, from_directory(directory), Here(None)) == first
    assert from_directory(directory).service_levels == first


def test_a_run_that_was_killed_before_is_judged_by_finish(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = saved(tmp_path)
    alone = from_directory(directory).service_levels
    assert (
        alone is not None
        and alone.blind == "earlier runs were not asked for: the run ended before its rules were judged"
    )
    assert [one.word for one in alone.verdicts] == ["bad", "unknown", "ok"]
    parser = argparse.ArgumentParser()
    finish.add_arguments(parser)
    assert finish.execute(parser.parse_args([str(directory), "--no-sweep"])) == 0
    found = recording.read(directory)
    assert found is not None and [one.word for one in found.verdicts] == ["bad", "unknown", "ok"]
    assert "service_levels" in (directory / "junit.xml").read_text(encoding="utf-8")


def test_a_history_that_cannot_be_opened_is_a_reason_and_no_crash(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    asked = Asked(load_config(), directory=tmp_path / "nowhere")
    found = judge_run(directory, from_directory(directory), asked)
    assert found is not None and "this is not a directory" in str(found.blind)
    assert [one.word for one in found.verdicts] == ["bad", "unknown", "ok"]
    assert found.verdicts[0].damped.alarm and "undamped" in found.verdicts[0].damped.text


def test_a_graphite_that_is_away_is_a_reason_and_no_crash(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    asked = Asked(load_config(), url="http://127.0.0.1:9/")
    found = judge_run(directory, from_directory(directory), asked)
    assert found is not None and found.verdicts[1].ok is None
    assert str(found.blind).startswith("earlier runs are not known: ")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"version": 2}', '{"version": 1}', '{"version": 1, "run": "x", "rules": 5}', "\x00\xff",
     '{"version":1,"run":"7f3a9c21","blind":null,"verdict":"raw","notes":[],"rules":[{"rule":"x","verdict":"fine"}]}'],
)  # fmt: skip
def test_a_file_that_is_none_of_ours_is_noted_and_the_run_judged_without_it(tmp_path: Path, text: str) -> None:
    directory = saved(tmp_path)
    (directory / recording.FILENAME).write_text(text, encoding="utf-8")
    results = from_directory(directory)
    assert any(note.message.startswith("service_levels.json ") for note in results.notes)
    assert results.service_levels is not None and len(results.service_levels.verdicts) == 3
    write_all(directory, results)


def test_what_was_found_about_another_run_is_not_taken(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    recording.write(directory, Evaluation("other"))
    results = from_directory(directory)
    assert "service_levels.json is of another run and is not used" in [note.message for note in results.notes]


@pytest.mark.parametrize(
    "rule", [5, None, [], {}, {"run": True}, {"run": True, "leftovers": "x"}, {"step": 5, "within_s": 1}]
)
def test_rules_in_a_journal_that_cannot_be_read_are_told_and_break_nothing(tmp_path: Path, rule: Any) -> None:
    directory = saved(tmp_path, rules={"odd": rule, "tidy": RULES["tidy"]})
    results = from_directory(directory)
    found = judge_run(directory, results, Here(None))
    assert found is not None and "tidy" in [one.rule for one in found.verdicts]
    assert len(found.verdicts) + len(found.notes) == 2
    write_all(directory, results)


def test_the_file_cannot_be_written(tmp_path: Path) -> None:
    results = from_directory(saved(tmp_path))
    with pytest.raises(UsageError, match="cannot write it"):
        judge_run(tmp_path / "nowhere", results, Here(None))


# --- the command


@pytest.mark.parametrize(("verdict", "code"), [("raw", 0), ("damped", 1)])
def test_run_judges_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str], verdict: str, code: int) -> None:
    directory = saved(tmp_path, verdict=verdict)
    before = run(RULES, SLOW, start=journals.START - 600, scenarios=["network"])
    before.service_levels = evaluate(before, MemoryHistory())
    order = SimpleNamespace(output=directory, target=SimpleNamespace(cloud="demo"), config=None)
    session: Any = SimpleNamespace(recorder=SimpleNamespace(blind=None))
    assert commands_run.finish(order, session, Console(), Here(history(before))) == code  # type: ignore[arg-type]
    lines = capsys.readouterr().out.splitlines()
    told = "service level: router_in_time: " if verdict == "raw" else "alarm: router_in_time: "
    assert any(line.startswith(f"{told}took 5.00 s") and "alarm: bad in 2 of the last 2 runs" in line for line in lines)
    assert json.loads((directory / "summary.json").read_text(encoding="utf-8"))["exit_code"] == code


def test_rules_and_verdict_of_a_configuration_reach_the_order_of_a_run(tmp_path: Path) -> None:
    file = tmp_path / "probes.yaml"
    file.write_text(
        "verdict: damped\nservice_levels: {tidy: {run: true, leftovers: 0}, quick: {run: true, within_s: 9}}\n"
        "clouds: {demo: {verdict: raw, service_levels: {quick: }}, other: }\n",
        encoding="utf-8",
    )
    parser = argparse.ArgumentParser()
    commands_run.add_arguments(parser)
    for cloud, rules, verdict in (("demo", ["tidy"], "raw"), ("other", ["tidy", "quick"], "damped")):
        options = ["--cloud", cloud, "--config", str(file), "--history", str(tmp_path), "--scenario", "network"]
        wanted = commands_run.resolve(parser.parse_args(options))
        assert (list(wanted.target.service_levels), wanted.target.verdict) == (rules, verdict)
        assert wanted.history.directory == tmp_path
