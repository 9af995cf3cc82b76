"""From journal to results: which outcome, whose fault, and what a kill at any byte leaves."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import journals
import pytest
from journals import Journals
from stackprobe.journal import read
from stackprobe.outputs import html, junit, markdown, metrics, outputs, write_all
from stackprobe.results import Outcome, Results, build, worst_of


def results_of(journal: Journals, tmp_path: Path) -> Results:
    return build(read(journal.write(tmp_path)))


def short() -> Journals:
    """A journal of a single scenario of few steps, one of which failed."""
    journal = Journals(scenarios=["identity"])
    journal.run()
    journals.authenticate(journal)
    journal.add("scenario_start", scenario="identity")
    journal.call("identity", "First", journal.seq, "identity", "GET", "tokens")
    journal.step("identity", "First")
    journal.step("identity", "Second", outcome="failed", message="HTTP 503")
    journal.step("identity", "Third")
    journal.add("scenario_end", scenario="identity", outcome="failed", duration_ms=300.0, message=None)
    journal.end("failed")
    return journal


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ("passed", "passed"),
        ("passed skipped", "passed"),
        ("skipped skipped", "skipped"),
        ("passed error", "error"),
        ("skipped error passed", "error"),
        ("error failed passed", "failed"),
        ("", "error"),
    ],
)
def test_the_worst_is_failed_then_error_then_passed_then_skipped(outcomes: str, expected: str) -> None:
    assert worst_of(Outcome(name) for name in outcomes.split()) is Outcome(expected)


def test_fair_weather_is_passed_with_exit_code_0(tmp_path: Path) -> None:
    results = results_of(journals.fair(), tmp_path)
    assert (results.outcome, results.exit_code) == (Outcome.PASSED, 0)
    assert all(scenario.outcome is Outcome.PASSED and not scenario.problems for scenario in results.scenarios)


def test_failed_and_error_are_both_reported_and_failed_wins(tmp_path: Path) -> None:
    results = results_of(journals.mixed(), tmp_path)
    by_name = {scenario.name: scenario.outcome.value for scenario in results.scenarios}
    assert by_name == {
        "identity": "passed",
        "image": "failed",
        "network": "failed",
        "volume": "error",
        "compute": "passed",
        "compute_az2": "error",
        "volume_slow": "failed",
    }
    assert (results.outcome, results.exit_code) == (Outcome.FAILED, 1)
    assert (results.count(Outcome.FAILED), results.count(Outcome.ERROR)) == (3, 2)


def test_a_retry_that_succeeds_is_passed_and_counted(tmp_path: Path) -> None:
    results = results_of(journals.mixed(), tmp_path)
    identity = results.scenarios[0]
    assert (identity.outcome, identity.retries) == (Outcome.PASSED, 1)
    assert [call.attempt for call in identity.steps[1].calls] == [1, 2]


def test_everything_skipped_proves_nothing_and_is_an_error(tmp_path: Path) -> None:
    journal = Journals(scenarios=["identity", "image"])
    journal.run()
    for name in journal.names:
        journal.step(name, "Look for the service", outcome="skipped", message="not in the catalog")
        journal.add("scenario_end", scenario=name, outcome="skipped", duration_ms=1.0, message=None)
    journal.end("error")
    results = results_of(journal, tmp_path)
    assert {scenario.outcome for scenario in results.scenarios} == {Outcome.SKIPPED}
    assert (results.outcome, results.exit_code) == (Outcome.ERROR, 2)


def test_a_skipped_step_beside_one_that_passed_leaves_the_scenario_passed(tmp_path: Path) -> None:
    journal = Journals(scenarios=["identity"])
    journal.run()
    journal.step("identity", "One")
    journal.step("identity", "Two", outcome="skipped")
    journal.add("scenario_end", scenario="identity", outcome="skipped", duration_ms=1.0, message=None)
    journal.end("passed")
    assert results_of(journal, tmp_path).outcome is Outcome.PASSED


@pytest.mark.parametrize("verdict", ["passed", "failed", "error"])
def test_nothing_run_is_never_passed(tmp_path: Path, verdict: str) -> None:
    journal = Journals(scenarios=[])
    journal.run()
    journal.end("passed")
    assert results_of(journal, tmp_path).outcome is Outcome.ERROR
    journal = Journals(scenarios=["identity"])
    journal.run()
    journal.add("scenario_end", scenario="identity", outcome=verdict, duration_ms=1.0, message=None)
    journal.end("passed")
    assert results_of(journal, tmp_path).outcome is (Outcome.FAILED if verdict == "failed" else Outcome.ERROR)


def test_the_engine_can_make_it_worse_but_not_better(tmp_path: Path) -> None:
    for engine, expected in (("passed", Outcome.FAILED), ("error", Outcome.FAILED)):
        journal = short()
        journal.records[-2]["outcome"] = journal.records[-1]["outcome"] = engine
        assert results_of(journal, tmp_path).outcome is expected
    journal = journals.fair(["identity"])
    journal.records[-1].update(outcome="error", reason="SIGTERM")
    results = results_of(journal, tmp_path)
    assert results.outcome is Outcome.ERROR
    assert results.run_level and "SIGTERM" in results.run_level.problems[-1].message


def test_a_scenario_that_was_selected_and_never_started_is_an_error(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    journal.records[0]["scenarios"].append({"name": "ghost"})
    results = results_of(journal, tmp_path)
    (ghost,) = (scenario for scenario in results.scenarios if scenario.name == "ghost")
    assert ghost.outcome is Outcome.ERROR and "never started" in ghost.problems[0].message
    assert results.exit_code == 2


def test_a_plan_that_names_the_run_itself_is_noted_and_costs_nothing(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    journal.records[0]["scenarios"].append({"name": "run", "repeat": 3})
    results = results_of(journal, tmp_path)
    assert [scenario.name for scenario in results.scenarios] == ["identity"]
    assert results.outcome is Outcome.PASSED and results.run_level is not None and not results.run_level.problems
    assert any("plans a scenario 'run'" in note.message for note in results.notes)


def test_unfinished_after_a_failed_step_is_failed_and_says_both(tmp_path: Path) -> None:
    journal = short()
    del journal.records[-2:]
    results = results_of(journal, tmp_path)
    (scenario,) = results.scenarios
    assert scenario.outcome is Outcome.FAILED and scenario.problems[0].outcome is Outcome.ERROR
    assert results.outcome is Outcome.FAILED and results.run_level and results.run_level.outcome is Outcome.ERROR


def test_a_resource_whose_deletion_is_not_recorded_is_a_leftover(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    for name, states in (("a", "intended created deleted"), ("b", "intended"), ("c", "intended created")):
        for state in states.split():
            journal.add("resource", scenario="identity", kind="network", name=name, id=None, state=state)
    results = results_of(journal, tmp_path)
    assert [resource.name for resource in results.resources if resource.is_leftover] == ["b", "c"]
    assert results.leftovers == 2


def test_names_of_steps_are_unique_and_free_of_ids(tmp_path: Path) -> None:
    journal = Journals(scenarios=["identity"])
    journal.run()
    for zone in (None, None, "az1", "az2"):
        journal.step("identity", "Create it", zone=zone)
    journal.step("identity", f"Ping {journals.RUN}-net 0f8fad5b-d9cb-469f-a165-70867728950e")
    journal.step("identity", "Create it (2)")
    names = [step.name for step in results_of(journal, tmp_path).scenarios[0].steps]
    assert names == [
        "Create it",
        "Create it (2)",
        "Create it [az1]",
        "Create it [az2]",
        "Ping RUN-net ID",
        "Create it (2) (2)",
    ]


def test_a_step_recorded_twice_counts_once_as_the_worse_one(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    step = next(record for record in journal.records if record["type"] == "step" and record["scenario"] == "identity")
    journal.records.insert(-2, step | {"outcome": "failed"})
    journal.records.insert(-2, step)
    results = results_of(journal, tmp_path)
    assert results.scenarios[0].outcome is Outcome.FAILED
    assert len(results.scenarios[0].steps) == 5


def test_notes_say_that_certificates_were_not_verified_and_that_the_runner_starved(tmp_path: Path) -> None:
    messages = [note.message for note in results_of(journals.mixed(), tmp_path).notes]
    assert any("verify: false" in message for message in messages)
    assert any("starved during 1 of" in message for message in messages)


@pytest.mark.parametrize(
    "field", ["duration_ms", "start_t", "seq", "outcome", "scenario", "step", "key", "t", "retries"]
)
@pytest.mark.parametrize("value", [None, "text", [], {}, -5, 1e300, True])
def test_a_field_of_any_type_still_gives_every_report(tmp_path: Path, field: str, value: object) -> None:
    journal = short()
    for record in journal.records[1:]:
        if field in record:
            record[field] = value
    assert len(write_all(tmp_path, results_of(journal, tmp_path))) == len(outputs())


def test_a_journal_cut_at_any_byte_gives_valid_reports_in_which_the_unfinished_is_an_error(tmp_path: Path) -> None:
    whole = short().lines()
    ends = {index for index, byte in enumerate(whole) if byte == ord("\n")}
    path = tmp_path / "journal.jsonl"
    failed_seen = False
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        results = build(read(path))
        if size >= len(whole) - 1:  # the last newline may miss
            assert results.finished and results.outcome is Outcome.FAILED
        else:
            assert not results.finished and results.run_level
            assert results.run_level.outcome is Outcome.ERROR
            assert "unfinished" in results.run_level.problems[0].message
            step_failed = any(step.outcome is Outcome.FAILED for step in results.steps)
            assert step_failed or not failed_seen, "what had failed is not forgotten"
            failed_seen = failed_seen or step_failed
            assert results.outcome is (Outcome.FAILED if step_failed else Outcome.ERROR)
            for scenario in results.scenarios:
                assert scenario.finished or scenario.problems[0].outcome is Outcome.ERROR
        root = ET.fromstring(junit.render(results))
        assert int(root.get("tests", 0)) > 0
        assert int(root.get("errors", 0)) + int(root.get("failures", 0)) > 0
        assert markdown.render(results)
        assert bool(metrics.render(results)) == results.known
        if size in ends or size - 1 in ends or size % 97 == 0:
            assert "</html>" in html.render(results)
