"""Exports, each read by an independent reader of its format, compared with the run."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from stackprobe.cli import main
from stackprobe.exports import formats
from stackprobe.exports.records import CALL_FIELDS, STEP_FIELDS, call_record, step_record
from stackprobe.outputs import metrics
from stackprobe.results import Outcome, Results, Step, from_directory
from stackprobe.service_levels.judging import evaluate

from tests.support import big_journal
from tests.support.hostile_journals import HOSTILE
from tests.support.service_levels import run as run_with_rules
from tests.support.service_levels import step_of
from tests.unit import journals

RUNS = {
    "fair": journals.fair,
    "mixed": journals.mixed,
    "repeated": lambda: journals.repeated([None, "http", None, "starved"]),
    **HOSTILE,
}


@pytest.fixture(scope="module", params=RUNS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Results:
    directory = tmp_path_factory.mktemp("run")
    RUNS[request.param]().write(directory)
    return from_directory(directory)


def exported(results: Results, name: str, table: str | None = None) -> str:
    chosen = formats()[name]
    text = "".join(chosen.lines(results, table or chosen.tables[0]))
    return text.encode("utf-8", errors="strict").decode()


def families(text: str) -> dict:
    return {family.name: family for family in text_string_to_metric_families(text)}


def test_csv_has_a_line_for_each_step_and_each_call(run: Results) -> None:
    steps = list(csv.DictReader(io.StringIO(exported(run, "csv"))))
    assert Counter(line["outcome"] for line in steps) == Counter(step.outcome.value for step in run.steps)
    for line, step in zip(steps, run.steps, strict=True):
        assert math.isclose(float(line["duration_ms"]), step.duration_ms) and None not in line
        assert line["starved"] == str(step.starved).lower()
    calls = list(csv.DictReader(io.StringIO(exported(run, "csv", "calls"))))
    assert [line["status"] for line in calls] == ["" if c.status is None else str(c.status) for c in run.calls]


def test_openmetrics_has_what_the_rules_say() -> None:
    rules = {"quick": {"step": "network/create_the_router", "within_s": 1}}
    results = run_with_rules(rules, step_of(5000.0))
    results.service_levels = evaluate(results, None)
    found = families(exported(results, "openmetrics"))
    said = {one.labels["verdict"]: one.value for one in found["stackprobe_service_level"].samples}
    assert said == {"ok": 0, "bad": 1, "unknown": 0}
    (alarm,) = found["stackprobe_service_level_alarm"].samples
    assert (alarm.labels["rule"], alarm.value) == ("quick", 1)
    (flapping,) = found["stackprobe_service_level_flapping"].samples
    assert flapping.value == 0


def test_no_cell_of_a_csv_is_a_formula(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    for record in journal.records:
        if record["type"] == "step":
            record.update(outcome="failed", message='=HYPERLINK("http://evil")', step="@SUM(1)")
    journal.write(tmp_path)
    for line in csv.reader(io.StringIO(exported(from_directory(tmp_path), "csv"))):
        assert not [cell for cell in line if cell.startswith(("=", "+", "@", "\t"))]


def test_json_lines_have_everything(run: Results) -> None:
    lines = [json.loads(line) for line in exported(run, "jsonl").splitlines()]
    assert lines[0]["type"] == "run" and lines[0]["outcome"] == run.outcome.value and lines[0]["version"] == 1
    kinds = Counter(line["type"] for line in lines)
    assert kinds["step"] == len(run.steps) and kinds["call"] == len(run.calls)
    assert kinds["resource"] == len(run.resources) and kinds["note"] == len(run.notes)
    checks = [check for line in lines if line["type"] == "step" for check in line["checks"]]
    assert len(checks) == sum(len(step.checks) for step in run.steps)
    assert not [line for line in lines if "\x1b" in json.dumps(line)]


def test_openmetrics_is_read_by_prometheus_own_parser(run: Results) -> None:
    text = exported(run, "openmetrics")
    assert text.endswith("# EOF\n") and text.count("# EOF") == 1
    found = families(text)
    samples = [sample for family in found.values() for sample in family.samples]
    keys = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in samples]
    assert len(keys) == len(set(keys))
    assert {sample.timestamp and float(sample.timestamp) for sample in samples} == {
        round(run.start_t, 3) if run.start_t else None
    }
    for family in found.values():
        assert family.documentation and (not family.unit or family.name.endswith(f"_{family.unit}"))
    outcomes = Counter()
    for sample in found["stackprobe_steps"].samples:
        outcomes[sample.labels["outcome"]] += sample.value
    assert {name: count for name, count in outcomes.items() if count} == Counter(s.outcome.value for s in run.steps)
    assert sum(sample.value for sample in found["stackprobe_api_calls"].samples) == len(run.calls)
    (state,) = [s for s in found["stackprobe_run_outcome"].samples if s.value == 1]
    assert state.labels["stackprobe_run_outcome"] == run.outcome.value


@pytest.mark.parametrize("name", ["mixed", "repeated"])
def test_the_values_of_openmetrics_are_those_of_graphite(name: str, tmp_path: Path) -> None:
    RUNS[name]().write(tmp_path)
    results = from_directory(tmp_path)
    graphite = {key.split(".", 3)[3]: value for key, value in metrics.points(results)}
    found = families(exported(results, "openmetrics"))
    compared = 0
    for family, figure in (
        ("stackprobe_step_duration_seconds", "duration_ms"),
        ("stackprobe_step_duration_p95_seconds", "p95_ms"),
        ("stackprobe_step_duration_median_seconds", "median_ms"),
    ):
        for sample in found[family].samples if family in found else ():
            where = f"{sample.labels['scenario']}.{sample.labels['step']}.{figure}"
            assert math.isclose(sample.value * 1000, graphite[where], rel_tol=1e-9), where
            compared += 1
    for sample in found["stackprobe_api_call_duration_max_seconds"].samples:
        parts = (sample.labels[part] for part in ("service", "method", "resource", "status"))
        assert math.isclose(sample.value * 1000, graphite[f"api.{'.'.join(parts)}.max_ms"], rel_tol=1e-9)
    wanted = [key for key in graphite if key.endswith(".duration_ms") and key.count(".") == 2]
    assert compared >= len(wanted) > 5


def test_figures_of_steps_are_exported(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    figures = {"dns_ms": 1.5, "tls_ms": 250, "certificate_days": 80.5}
    journal.records[-3]["figures"] = figures
    assert journal.records[-3]["type"] == "step"
    journal.write(tmp_path)
    results = from_directory(tmp_path)
    found = families(exported(results, "openmetrics"))
    parts = {s.labels["part"]: s.value for s in found["stackprobe_step_part_duration_seconds"].samples}
    assert parts == {"dns": 0.0015, "tls": 0.25}
    (days,) = found["stackprobe_step_figure"].samples
    assert (days.labels["figure"], days.value) == ("certificate_days", 80.5)
    assert json.loads(list(csv.DictReader(io.StringIO(exported(results, "csv"))))[-1]["figures"]) == figures


def test_a_time_that_nobody_told_is_not_zero(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    next(one for one in journal.records if one["type"] == "call").update(status=None, duration_ms=0, timed=False)
    journal.write(tmp_path)
    first, second, *_ = csv.DictReader(io.StringIO(exported(from_directory(tmp_path), "csv", "calls")))
    assert first["duration_ms"] == "" and float(second["duration_ms"]) > 0


def test_heads_are_the_fields_of_the_records(tmp_path: Path) -> None:
    journals.fair().write(tmp_path)
    results = from_directory(tmp_path)
    assert list(step_record(results.steps[0])) == list(STEP_FIELDS)
    told_elsewhere = {"seq", "figures", "checks", "calls"}
    assert {field.name for field in fields(Step)} - told_elsewhere == {*STEP_FIELDS} - {"step"} | {"name"}
    assert list(call_record(results.calls[0])) == list(CALL_FIELDS)
    assert results.outcome is Outcome.PASSED


@pytest.mark.parametrize("name", ["csv", "jsonl", "openmetrics"])
def test_the_command_writes_a_file_or_standard_output(
    name: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    big_journal.write(tmp_path, 1_500)
    assert main(["export", str(tmp_path), "--format", name]) == 0
    printed = capfdbinary.readouterr().out
    assert main(["export", str(tmp_path / "journal.jsonl"), "--format", name, "--output", str(tmp_path / "x")]) == 0
    assert (tmp_path / "x").read_bytes() == printed and printed.count(b"\n") > 1_500


@pytest.mark.parametrize("name", ["csv", "jsonl", "openmetrics"])
def test_a_run_of_which_nothing_is_known_is_exported(name: str, tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_bytes(b"")
    text = exported(from_directory(tmp_path), name)
    assert text == "# EOF\n" if name == "openmetrics" else text.count("\n") >= 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["DIR"],
        ["DIR", "--format", "xml"],
        ["DIR", "--format", "jsonl", "--table", "calls"],
        ["DIR/missing", "--format", "csv"],
        ["DIR", "--format", "csv", "--output", "DIR/no/x"],
    ],
)
def test_bad_input_is_refused(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journals.fair().write(tmp_path)
    assert main(["export", *(argument.replace("DIR", str(tmp_path)) for argument in arguments)]) == 2
    assert "stackprobe: " in capsys.readouterr().err
