"""junit.xml, read by the rules of the CI pages that show it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import journals
import junitparser
import pytest
from journals import Journals
from stackprobe.journal import read
from stackprobe.outputs import junit
from stackprobe.results import build

HOSTILE = (
    "\x00\x01\x08 \x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07 \ufffe\uffff \ud800 \U0001fffe "
    "]]> <script>alert(1)</script> &amp; \r\n \x9b1m é 日本 🦊"
)


def render(journal: Journals, tmp_path: Path) -> ET.Element:
    return ET.fromstring(junit.render(build(read(journal.write(tmp_path)))).encode())


def gitlab(root: ET.Element) -> dict[tuple[str, str], str]:
    """As GitLab reads it: failure before error before skipped; of two tests of one name the first stays."""
    found: dict[tuple[str, str], str] = {}
    for case in root.iter("testcase"):
        state = next((tag for tag in ("failure", "error", "skipped") if case.find(tag) is not None), "success")
        found.setdefault((case.attrib["classname"], case.attrib["name"]), state)
    return found


def jenkins(root: ET.Element) -> dict[tuple[str, str], str]:
    """As Jenkins reads it: error before failure; the message is the text's first line where the attribute misses."""
    found = {}
    for case in root.iter("testcase"):
        state = next((tag for tag in ("error", "failure", "skipped") if case.find(tag) is not None), "passed")
        float(case.attrib["time"].replace(",", ""))
        found[case.attrib["classname"], case.attrib["name"]] = state
    return found


@pytest.mark.parametrize("make", [journals.fair, journals.mixed, journals.thirty])
def test_every_reader_sees_the_same_failures(make: object, tmp_path: Path) -> None:
    journal = make()  # type: ignore[operator]
    results = build(read(journal.write(tmp_path)))
    root = ET.fromstring(junit.render(results).encode())
    expected = {"failed": "failure", "error": "error", "skipped": "skipped"}
    steps = [(step, expected.get(step.outcome)) for suite in results.suites for step in suite.steps]
    seen_by_gitlab, seen_by_jenkins = gitlab(root), jenkins(root)
    assert len(seen_by_gitlab) == len(seen_by_jenkins) == len(list(root.iter("testcase")))
    for step, tag in steps:
        scenario = "." + step.scenario
        (state,) = {s for (c, name), s in seen_by_gitlab.items() if name == step.name and c.endswith(scenario)}
        assert state == (tag or "success")
    assert {name for name, state in seen_by_gitlab.items() if state != "success"} == {
        name for name, state in seen_by_jenkins.items() if state != "passed"
    }


def test_another_parser_reads_the_same_totals(tmp_path: Path) -> None:
    journal = journals.mixed()
    results = build(read(journal.write(tmp_path)))
    (tmp_path / "junit.xml").write_text(junit.render(results))
    xml = junitparser.JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    cases = [case for suite in xml for case in suite]
    assert (xml.tests, xml.failures, xml.errors, xml.skipped) == (len(cases), 3, 2, 0)
    assert sum(isinstance(case.result[0], junitparser.Failure) for case in cases if case.result) == 3
    assert all(case.time > 0 for case in cases)


def test_a_failure_has_a_message_and_a_text_with_remedy_status_and_request_id(tmp_path: Path) -> None:
    root = render(journals.mixed(), tmp_path)
    for tag in ("failure", "error"):
        assert list(root.iter(tag))
        for element in root.iter(tag):
            assert element.get("message") and element.text and element.get("type")
    texts = "\n".join(element.text or "" for element in [*root.iter("failure"), *root.iter("error")])
    for part in ("HTTP status 503", "req-503", "what to do: give the probe's user", "expected e3b0c442, got 98fc1c14"):
        assert part in texts


def test_a_failure_without_a_message_is_still_a_failure(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    for record in journal.records:
        if record["type"] == "step" and record["scenario"] == "identity":
            record.update(outcome="failed", message=None)
    assert render(journal, tmp_path).get("failures") == "5"


def test_a_time_of_zero_is_written(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    for record in journal.records:
        if record["type"] == "step":
            record["duration_ms"] = 0
    root = render(journal, tmp_path)
    assert all("time" in case.attrib for case in root.iter("testcase"))
    assert all("e" not in element.attrib["time"] for element in root.iter() if "time" in element.attrib)


@pytest.mark.parametrize("field", ["message", "remedy", "step", "request_id", "file"])
def test_hostile_text_never_costs_the_report(field: str, tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    for record in journal.records:
        if record["type"] == "step" and record["scenario"] == "identity":
            record.update({"outcome": "failed", field: HOSTILE})
    text = junit.render(build(read(journal.write(tmp_path))))
    root = ET.fromstring(text.encode())
    assert root.get("failures") == "5"
    assert not set(text) & {chr(code) for code in (0, 1, 8, 0x1B, 0xFFFE, 0xD800)}
    assert "[31m" not in text and "]8;;" not in text
    assert "🦊" in text and "日本" in text


def test_a_huge_message_is_clipped_to_head_and_tail(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    for record in journal.records:
        if record["type"] == "step":
            record.update(outcome="failed", message="begin " + "x" * 3_000_000 + " end-of-it", file="end.yaml")
    text = junit.render(build(read(journal.write(tmp_path))))
    assert len(text) < 6 * (junit.LONGEST_TEXT + junit.LONGEST_MESSAGE + 2000)
    assert "begin" in text and "end.yaml" in text


def test_names_are_the_same_from_run_to_run(tmp_path: Path) -> None:
    first = gitlab(render(journals.mixed(), tmp_path / "a"))
    other = journals.mixed(seed=77, start=journals.START + 12345)
    for record in other.records:
        if record["type"] == "run":
            record["run"] = "0badcafe"
    assert list(first) == list(gitlab(render(other, tmp_path / "b")))


def test_the_suite_says_cloud_region_and_build(tmp_path: Path) -> None:
    root = render(journals.mixed(), tmp_path)
    for suite in root.iter("testsuite"):
        properties = {entry.attrib["name"]: entry.attrib["value"] for entry in suite.iter("property")}
        assert properties["cloud"] == "demo" and properties["region"] == "RegionOne"
        assert properties["build_url"].startswith("https://") and properties["tls_verified"] == "no"
        assert suite.attrib["timestamp"].startswith("2026-") and suite.attrib["hostname"] == "runner-1"


def test_a_skipped_scenario_without_steps_is_a_skipped_test(tmp_path: Path) -> None:
    journal = Journals(scenarios=["identity", "image"])
    journal.run()
    journal.scenario("identity")
    journal.add("scenario_end", scenario="image", outcome="skipped", duration_ms=0.1, message="no image service")
    journal.end("passed")
    root = render(journal, tmp_path)
    (skipped,) = root.iter("skipped")
    assert skipped.get("message") == "no image service" and root.get("skipped") == "1"
