"""Reports of a very large run: bounded, and open about what they leave out."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from stackprobe.outputs import html, html_room, junit, junit_document, markdown, metrics, summary
from stackprobe.results import Results, from_directory, outcome

from tests.support import big_journal

STEPS = 4_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Results:
    directory = tmp_path_factory.mktemp("large")
    big_journal.write(directory, STEPS, scenarios=3, calls=1, bad_every=4)
    return from_directory(directory)


def test_the_page_tells_bad_steps_up_to_its_room_and_counts_the_others(large: Results) -> None:
    text = html.render(large)
    assert len(text.encode()) < 6_000_000
    told = len(re.findall('<article class="card problem', text))
    assert html_room.MOST_PROBLEMS - 3 <= told <= html_room.MOST_PROBLEMS
    hidden = sum(int(count) for count in re.findall(r"(\d+) more steps went wrong", text))
    assert told + hidden == STEPS // 4
    rows = len(re.findall('<tr class="step ', text))
    hidden = sum(int(count) for count in re.findall(r"and (\d+) more steps: this page has no room", text))
    assert rows <= html_room.MOST_STEPS and rows + hidden == STEPS
    anchors = set(re.findall('id="(step-[^"]+)"', text))
    assert set(re.findall('href="#(step-[^"]+)"', text)) <= anchors


def test_every_test_is_in_the_junit_report_of_a_large_run(large: Results) -> None:
    text = junit.render(large)
    assert len(text.encode()) <= junit_document.LARGEST
    root = ET.fromstring(text)
    assert (root.get("tests"), root.get("failures")) == (str(STEPS), str(STEPS // 4))
    for suite in root:
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))


def test_short_of_room_the_junit_report_keeps_what_went_wrong(large: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit_document, "LARGEST", 900_000)
    text = junit.render(large)
    assert len(text.encode()) < 910_000
    root = ET.fromstring(text)
    assert root.get("failures") == str(STEPS // 4)
    left_out = sum(int(one.get("value", 0)) for one in root.iterfind(".//property[@name='tests_left_out']"))
    assert left_out > 0 and int(root.get("tests", 0)) + left_out == STEPS


def test_texts_that_grow_as_xml_are_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big_journal.write(tmp_path, 60, scenarios=1, bad_every=1)
    results = from_directory(tmp_path)
    for step in results.steps:
        step.message = '"&<🦊>' * 20_000
    monkeypatch.setattr(junit_document, "LARGEST", 300_000)
    text = junit.render(results)
    assert len(text.encode()) <= 300_000
    root = ET.fromstring(text)
    assert root.get("tests") == root.get("failures") == "60"
    assert root.find(".//property[@name='tests_left_out']") is None


def test_markdown_and_summary_stay_small_and_metrics_stay_complete(large: Results) -> None:
    assert len(markdown.render(large).encode()) <= 1 << 20
    told = json.loads(summary.render(large))
    assert len(told["problems"]) + told["problems_left_out"] == STEPS // 4
    lines = metrics.render(large).splitlines()
    assert sum(line.split()[0].endswith(".failed") and "create_the_server" in line for line in lines) == STEPS


def test_the_page_of_very_many_scenarios_shows_the_bad_ones(tmp_path: Path) -> None:
    big_journal.write(tmp_path, 1_200, scenarios=600, calls=0, bad_every=0)
    results = from_directory(tmp_path)
    results.scenarios[-1].outcome = results.scenarios[-1].steps[0].outcome = outcome.Outcome.FAILED
    text = html.render(results)
    assert 'id="problems"' in text and "scenario_599" in text and "and 100 more scenarios" in text


@pytest.mark.parametrize(
    ("wanted", "room", "given"),
    [([], 5, []), ([3, 1], 10, [3, 1]), ([100, 1, 100], 11, [5, 1, 5]), ([0, 7], 3, [0, 3]), ([5, 5], 0, [0, 0])],
)
def test_a_room_is_shared_fairly(wanted: list[int], room: int, given: list[int]) -> None:
    assert html_room.shares(wanted, room) == given
