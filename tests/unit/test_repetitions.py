"""A scenario that runs several times in a run: every time counts, tests keep their names, figures have percentiles."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console
from stackprobe.engine.unit import parts_of, unit_of, units_of
from stackprobe.journal import schema
from stackprobe.outputs import html, junit, markdown, metrics, summary
from stackprobe.progress import LiveProgress, PlainProgress
from stackprobe.results import Outcome, Results, from_directory

from tests.unit.journals import Journals, repeated


def results(tmp_path: Path, journals: Journals, end: str | None = "passed") -> Results:
    if end:
        journals.end(end)
    journals.write(tmp_path)
    validator = jsonschema.Draft202012Validator(schema())
    for record in journals.records:
        validator.validate(record)
    return from_directory(tmp_path)


def test_a_unit_is_a_scenario_and_the_number_of_its_repetition() -> None:
    assert units_of("dns_zone", 3) == ["dns_zone", "dns_zone-r2", "dns_zone-r3"]
    assert [parts_of(unit) for unit in units_of("dns_zone", 3)] == [("dns_zone", 1), ("dns_zone", 2), ("dns_zone", 3)]
    assert parts_of(unit_of("x", 100)) == ("x", 100) and parts_of("run") == ("run", 1)
    assert parts_of("a-r0") == ("a-r0", 1) and parts_of("a-b") == ("a-b", 1)


def test_every_repetition_has_its_tests_and_the_first_keeps_the_names(tmp_path: Path) -> None:
    once = results(tmp_path / "once", repeated([None]))
    twice = results(tmp_path / "twice", repeated([None, None, None]))
    names = [step.name for step in once.scenarios[0].steps]
    assert [step.name for step in twice.scenarios[0].steps] == [
        *names,
        *(f"{name} #2" for name in names),
        *(f"{name} #3" for name in names),
    ]
    suite = next(one for one in ET.fromstring(junit.render(twice)) if one.get("name") == "network")
    assert [case.get("name") for case in suite.iter("testcase")] == [step.name for step in twice.scenarios[0].steps]
    properties = {one.get("name"): one.get("value") for one in suite.iter("property")}
    assert properties["repetitions"] == "3" and (properties["environment"], properties["zone"]) == (
        "production",
        "eu-1",
    )
    assert properties["label"] == "cloud1"
    assert "repetitions" not in junit.render(once)


def test_one_bad_repetition_makes_the_scenario_bad_and_the_others_count(tmp_path: Path) -> None:
    found = results(tmp_path, repeated([None, "http", None]), "failed")
    scenario = found.scenarios[0]
    assert scenario.outcome is found.outcome is Outcome.FAILED and not scenario.problems
    assert [one.outcome for one in scenario.repetitions] == [Outcome.PASSED, Outcome.FAILED, Outcome.PASSED]
    assert [step.name for step in scenario.bad_steps] == ["Create the IPv4 subnet #2"]
    figures = dict(metrics.points(found))
    root = "stackprobe.cloud1.RegionOne.network"
    assert [figures[f"{root}.{one}"] for one in ("passed", "failed", "error", "skipped")] == [2, 1, 0, 0]
    assert (figures[f"{root}.create_the_ipv4_subnet.passed"], figures[f"{root}.create_the_ipv4_subnet.failed"]) == (
        2,
        1,
    )


def test_figures_of_repetitions_say_how_they_lie(tmp_path: Path) -> None:
    found = results(tmp_path, repeated([None] * 20))
    figures = dict(metrics.points(found))
    step = "stackprobe.cloud1.RegionOne.network.create_the_network"
    durations = sorted(one.duration_ms for one in found.scenarios[0].steps if one.key == "create_the_network")
    assert len(durations) == 20
    assert figures[f"{step}.duration_ms"] == pytest.approx(sum(durations) / 20)
    assert figures[f"{step}.min_ms"] == durations[0] and figures[f"{step}.max_ms"] == durations[-1]
    assert figures[f"{step}.median_ms"] == durations[9] and figures[f"{step}.p95_ms"] == durations[18]
    whole = sorted(one.duration_ms or 0 for one in found.scenarios[0].repetitions)
    assert figures["stackprobe.cloud1.RegionOne.network.p95_ms"] == whole[18]
    assert (found.scenarios[0].duration_ms or 0) == pytest.approx(sum(whole), rel=1e-3)
    once = dict(metrics.points(results(tmp_path / "once", repeated([None]))))
    assert f"{step}.duration_ms" in once and f"{step}.p95_ms" not in once


def test_repetitions_that_never_began_are_said_in_one_line(tmp_path: Path) -> None:
    found = results(tmp_path, repeated([None, "unfinished"], planned=5), None)
    scenario = found.scenarios[0]
    assert scenario.outcome is Outcome.ERROR and len(scenario.repetitions) == 5 and not scenario.finished
    messages = [problem.message for problem in scenario.problems]
    assert [message.partition(":")[0] for message in messages] == ["repetition 2", "repetitions 3 to 5"]
    assert "never started" in messages[1]
    case = next(
        one for one in ET.fromstring(junit.render(found)).iter("testcase") if one.get("name") == "The whole scenario"
    )
    assert "repetitions 3 to 5" in (case.find("error").text or "")  # type: ignore[union-attr]
    figures = dict(metrics.points(found))
    root = "stackprobe.cloud1.RegionOne.network"
    assert (figures[f"{root}.passed"], figures[f"{root}.error"]) == (1, 4)


def test_a_scenario_that_was_skipped_misses_no_repetition(tmp_path: Path) -> None:
    journals = repeated([], planned=5)
    journals.add("scenario_start", scenario="network")
    reason = "the catalog has no service network"
    journals.step("network", "Precondition", "plan", 0.0, outcome="skipped", message=reason)
    journals.add("scenario_end", scenario="network", outcome="skipped", duration_ms=0.1, message=reason)
    found = results(tmp_path, journals, "error")
    assert found.scenarios[0].outcome is Outcome.SKIPPED and not found.scenarios[0].repetitions


def test_a_resource_that_a_repetition_left_is_found_under_its_scenario(tmp_path: Path) -> None:
    journals = repeated([None, None])
    journals.add("resource", scenario="network", repetition=2, kind="port", name="left", id="1", state="leftover")
    found = results(tmp_path, journals)
    assert [one.name for one in found.resources if one.is_leftover] == ["left"]
    assert [one.leftovers for one in found.scenarios[0].repetitions] == [0, 1]


def test_reports_for_people_tell_repetitions_and_labels(tmp_path: Path) -> None:
    found = results(tmp_path, repeated([None, "slow", None]), "failed")
    page = html.render(found)
    assert "Times of 3 repetitions" in page and "Create the IPv4 subnet #2" in page and "production eu-1" in page
    assert "Create the IPv4 subnet \\#2" in markdown.render(found) and "production eu-1" in markdown.render(found)
    told = json.loads(summary.render(found))
    assert (told["label"], told["environment"], told["zone"]) == ("cloud1", "production", "eu-1")
    assert told["scenarios"][0]["repetitions"] == 3
    assert "Times of" not in html.render(results(tmp_path / "once", repeated([None])))


def test_a_scenario_that_was_too_slow_as_a_whole_is_a_failure_that_no_step_shows(tmp_path: Path) -> None:
    journals = repeated([None])
    end = journals.records[-1]
    assert end["type"] == "scenario_end"
    message = "the whole scenario was too slow: 9.000 s, limit 5 s"
    end.update(outcome="failed", duration_ms=9000.0, limit_ms=5000.0, message=message)
    found = results(tmp_path, journals, "failed")
    assert found.scenarios[0].outcome is Outcome.FAILED
    assert [(one.outcome, one.message) for one in found.scenarios[0].problems] == [(Outcome.FAILED, message)]
    assert dict(metrics.points(found))["stackprobe.cloud1.RegionOne.network.duration_ms"] == 9000.0


def test_progress_tells_which_repetition_is_at_work_and_the_worst_of_them() -> None:
    said = io.StringIO()
    plain = PlainProgress(Console(file=said), 8)
    for record in repeated([None, "http"]).records:
        plain.take(record)
    lines = said.getvalue().splitlines()
    assert any(" network   passed " in line and line.endswith("Create the network") for line in lines)
    assert any(" network #2  failed " in line and "Create the IPv4 subnet: HTTP 503" in line for line in lines)
    live = LiveProgress(Console(file=io.StringIO(), width=120), ["network"], "demo")
    for record in repeated(["http", None]).records:
        live.take(record)
    live.take({"type": "step_start", "scenario": "network", "repetition": 3, "step": "Create the router"})
    shown = io.StringIO()
    Console(file=shown, width=120).print(live._render())
    assert "failed" in shown.getvalue() and "#3 Create the router" in shown.getvalue()
