"""Whatever a cloud, a clock or a foreign writer puts into a journal: nothing is lost, and nothing crashes."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest
from stackprobe.outputs import outputs, write_all
from stackprobe.results import Outcome, Results, from_directory

from tests.support.hostile_journals import HOSTILE
from tests.support.html_page import Page
from tests.support.junit_readers import READERS
from tests.support.junit_readers.dorny import LONGEST, check_run
from tests.support.junit_readers.mikepenz import found
from tests.unit import journals

SANE = {"fair": journals.fair, "mixed": journals.mixed, "thirty": journals.thirty}
TELLS_NO_ERRORS = {"error": "failed"}


@pytest.fixture(scope="module", params=[*HOSTILE, *SANE])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    """A run with all of its reports."""
    directory = tmp_path_factory.mktemp("run")
    (HOSTILE | SANE)[request.param]().write(directory)
    results = from_directory(directory)
    assert {path.name for path in write_all(directory, results)} == {output.filename for output in outputs()}
    for output in outputs():
        (directory / output.filename).read_text(encoding="utf-8", errors="strict")
    return directory, results


def expected(results: Results) -> list[str]:
    """Outcome of each test that a reader must show: of the steps, and of what no step shows."""
    found = [step.outcome.value for step in results.steps]
    for suite in results.suites:
        if suite.problems:
            found.append(min((problem.outcome.value for problem in suite.problems), key=lambda one: one != "failed"))
        elif not suite.steps:
            found.append(suite.outcome.value)
    return found


@pytest.mark.parametrize("reader", READERS)
def test_each_reader_shows_every_test_with_its_outcome(run: tuple[Path, Results], reader: str) -> None:
    directory, results = run
    report = READERS[reader]((directory / "junit.xml").read_bytes())
    assert report.refused is None
    wanted = expected(results)
    if not report.tells_errors:
        wanted = [TELLS_NO_ERRORS.get(outcome, outcome) for outcome in wanted]
    assert Counter(test.outcome for test in report.tests) == Counter(wanted)
    assert len(report.outcomes()) == len(report.tests)
    for test in report.tests:
        assert test.name.strip() and test.classname.strip() and 0 <= test.time_s < math.inf
        assert "ATTACHMENT" not in (test.file or "")
        if test.outcome != "passed":
            assert test.message.strip() and "\n" not in test.message


def test_every_output_for_people_is_harmless(run: tuple[Path, Results]) -> None:
    directory, results = run
    text = (directory / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not {tag for tag, _ in page.tags} & {"script", "img", "link", "iframe"}
    assert not [target for target in page.values("href") if not target.startswith(("#", "https://zuul.example.org/"))]
    assert text.count("<tr class=") == len(results.steps)
    for name in ("report.html", "summary.md", "junit.xml", "summary.json", "metrics.txt"):
        content = (directory / name).read_text(encoding="utf-8")
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]", content)


def test_metrics_are_lines_that_carbon_takes_and_no_name_stands_twice(run: tuple[Path, Results]) -> None:
    directory, results = run
    names = []
    for line in (directory / "metrics.txt").read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"([A-Za-z0-9_.-]+) (\S+) (\d+)", line)
        assert match and math.isfinite(float(match[2])) and all(match[1].split("."))
        names.append(match[1])
    assert len(names) == len(set(names)) and names
    text = (directory / "metrics.txt").read_text(encoding="utf-8")
    root = re.search(r"^(\S+)\.run\.passed ", text, re.MULTILINE)
    assert root
    depth = root[1].count(".")
    failed = sum(
        float(line.split()[1])
        for line in text.splitlines()
        if line.split()[0].endswith(".failed") and line.split()[0].count(".") - depth >= 3
    )
    assert failed == sum(step.outcome is Outcome.FAILED for step in results.steps)


def test_the_summary_counts_every_step(run: tuple[Path, Results]) -> None:
    directory, results = run
    told = json.loads((directory / "summary.json").read_text(encoding="utf-8"))
    assert sum(told["counts"]["steps"].values()) == len(results.steps)
    assert told["outcome"] == results.outcome.value


def test_text_that_is_not_utf_8_costs_no_step(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    for record in journal.records:
        if record["type"] == "step" and record["scenario"] == "identity":
            record.update(outcome="failed", message="HTTP 503: MARK: gone")
    path = journal.write(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"MARK", b"\xff\xfe\xc3( \xed\xa0\x80 \x1b[31m\x07"))
    results = from_directory(tmp_path)
    write_all(tmp_path, results)
    assert results.finished and len(results.scenarios[0].bad_steps) == 5 and not results.notes
    for reader, read in READERS.items():
        shown = [test for test in read((tmp_path / "junit.xml").read_bytes()).tests if test.outcome == "failed"]
        assert len(shown) == 5, reader
        assert all("HTTP 503" in test.message and "gone" in test.message for test in shown)


def test_names_of_tests_are_the_same_in_every_run(tmp_path: Path) -> None:
    names = []
    for number, start in ((1, journals.START), (2, journals.START + 900)):
        journal = journals.mixed(seed=number, start=start)
        journal.records[0]["run"] = f"{number}f3a9c21"
        journal.write(tmp_path / str(number))
        write_all(tmp_path / str(number), from_directory(tmp_path / str(number)))
        names.append(READERS["Jenkins"]((tmp_path / str(number) / "junit.xml").read_bytes()).outcomes())
    assert names[0] == names[1]


def test_a_check_run_of_many_failures_shows_them_first(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    for number in range(1500):
        journal.step("identity", f"Ask {number}", outcome="failed" if number == 1400 else "passed", message="HTTP 503")
    journal.write(tmp_path)
    write_all(tmp_path, from_directory(tmp_path))
    text = check_run(READERS["dorny/test-reporter"]((tmp_path / "junit.xml").read_bytes()))
    assert len(text.encode()) <= LONGEST and "Ask 1400 HTTP 503" in text and "trimmed" not in text


def test_readers_refuse_what_their_programs_refuse() -> None:
    broken = b'<testsuites><testsuite name="a"><testcase classname="b" name="c\x00"/></testsuite></testsuites>'
    assert all(read(broken).refused for read in READERS.values())
    both = ET.fromstring('<testsuite name="a"><testcase classname="b" name="c"/></testsuite>')
    for tag in ("failure", "error"):
        ET.SubElement(both[0], tag, message=tag).text = tag
    seen = {name: read(ET.tostring(both)).tests[0] for name, read in READERS.items()}
    assert (seen["Jenkins"].outcome, seen["GitLab"].outcome) == ("error", "failed")
    assert READERS["GitLab"](b" " * 30_000_001).refused


def test_where_mikepenz_looks_by_itself() -> None:
    assert found("results/demo/junit-reports/TEST-stackprobe-demo.xml") and not found("results/demo/junit.xml")
