"""report.html: self-contained, harmless, and complete."""

from __future__ import annotations

import json
import re
from pathlib import Path

import journals
import pytest
from journals import Journals
from stackprobe import namings
from stackprobe.journal import read
from stackprobe.outputs import html, junit, summary
from stackprobe.results import build

from tests.support.html_page import Page


def page(journal: Journals, tmp_path: Path) -> Page:
    return Page(html.render(build(read(journal.write(tmp_path)))))


@pytest.mark.parametrize("make", [journals.fair, journals.mixed, journals.thirty])
def test_the_page_is_well_formed_and_needs_nothing_from_outside(make: object, tmp_path: Path) -> None:
    shown = page(make(), tmp_path)  # type: ignore[operator]
    names = {tag for tag, _ in shown.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert not shown.values("src") and not shown.values("onclick")
    style = next("".join(shown.text[i : i + 1]) for i, text in enumerate(shown.text) if ":root" in text)
    assert "url(" not in style and "@import" not in style


def test_every_link_leads_somewhere_on_the_page_or_to_the_build(tmp_path: Path) -> None:
    shown = page(journals.mixed(), tmp_path)
    ids = shown.values("id")
    assert len(ids) == len(set(ids))
    for target in shown.values("href"):
        assert target == "https://zuul.example.org/build/1" or target.removeprefix("#") in ids


def test_what_a_check_has_found_is_shown_where_it_tells_more_than_what_was_expected(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    step = next(one for one in journal.records if one["type"] == "step" and one["scenario"] == "identity")
    at = journal.records.index(step)
    for name, expected, actual in (
        ("host key known from", "given or console", "console"),
        ("status", "ACTIVE", "ACTIVE"),
    ):
        told = {"check": name, "outcome": "passed", "expected": expected, "actual": actual}
        journal.records.insert(
            at, {"type": "check", "t": step["t"], **{k: step[k] for k in ("scenario", "step", "seq")}, **told}
        )
    text = "".join(page(journal, tmp_path).text)
    assert "host key known from: console" in text and "ACTIVE" not in text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//x", "http://[", 5, None])
def test_only_a_web_address_becomes_a_link(url: object, tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    journal.records[0]["ci"] = {"build_url": url, "note": "<b>"}
    assert all(target.startswith("#") for target in page(journal, tmp_path).values("href"))


def test_text_from_the_cloud_stays_text(tmp_path: Path) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}'
    journal = journals.fair(["identity"])
    for record in journal.records:
        if record["type"] == "step" and record["scenario"] == "identity":
            record.update(outcome="failed", message=evil, step=evil, request_id=evil, file=evil, kind=evil)
        if record["type"] == "call":
            record.update(url=evil, service=evil, error=evil, status=None)
    journal.records[0].update(cloud=evil, region=evil, host=evil)
    shown = page(journal, tmp_path)
    assert not {"script", "img"} & {tag for tag, _ in shown.tags}
    assert "{{ 7*7 }}" in "".join(shown.text)


def test_what_went_wrong_comes_first_with_message_remedy_and_request_id(tmp_path: Path) -> None:
    text = " ".join(" ".join(page(journals.mixed(), tmp_path).text).split())
    problems = text.index("What went wrong", text.index("Notes"))  # the first one is in the navigation
    for part in ("HTTP 503 Service Unavailable", "req-503", "give the probe's user the role member", "e3b0c442"):
        assert problems < text.index(part) < text.index("Timeline", problems)
    for part in ("verify: false", "unfinished", "Leftovers", "Slowest calls", "runner starved", "attempt 2"):
        assert part in text


def test_fair_weather_has_no_section_of_problems(tmp_path: Path) -> None:
    shown = page(journals.fair(), tmp_path)
    assert "What went wrong" not in "".join(shown.text)
    assert "All 5 scenarios passed" in "".join(shown.text)


def test_an_outcome_is_never_told_by_colour_alone(tmp_path: Path) -> None:
    source = html.render(build(read(journals.mixed().write(tmp_path))))
    rows = re.findall(r'<tr class="step (\w+)".*?</tr>', source, re.DOTALL)
    hidden = re.findall(r'<td class="sign">.*?<span class="hidden">(\w+)</span>', source, re.DOTALL)
    assert rows and rows == hidden


def test_bars_of_the_timeline_stay_inside_it(tmp_path: Path) -> None:
    for make in (journals.fair, journals.mixed, journals.thirty):
        rows, ticks = html.timeline(build(read(make().write(tmp_path))))
        assert 2 <= len(ticks) <= 8
        for row in rows:
            for bar in row.bars:
                assert bar.left >= 0 and bar.left + bar.width <= 100.001


def test_a_run_of_very_many_calls_stays_a_page_that_opens(tmp_path: Path) -> None:
    journal = Journals(scenarios=["identity"])
    journal.run()
    for _ in range(40):
        for _ in range(500):
            journal.call("identity", "Poll", journal.seq, "compute", "GET", "servers")
        journal.step("identity", "Poll", "wait")
    journal.add("scenario_end", scenario="identity", outcome="passed", duration_ms=4000.0, message=None)
    journal.end("passed")
    source = html.render(build(read(journal.write(tmp_path))))
    assert len(source) < 2_000_000
    assert "this run made very many calls" in source


def test_a_journal_without_anything_gives_a_page_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_bytes(b"")
    text = "".join(Page(html.render(build(read(tmp_path / "journal.jsonl")))).text)
    assert "unfinished" in text and "time unknown" in text


def test_what_a_steps_time_was_spent_on_is_shown(tmp_path: Path) -> None:
    journal = Journals(scenarios=["identity"])
    journal.run()
    figures = {"dns_ms": 1.5, "connect_ms": 3, "tls_ms": 12, "first_byte_ms": 250, "certificate_days": 80.4}
    journal.step("identity", "Ask", "http", figures=figures)
    journal.step("identity", "Ask the other", "http", outcome="failed", figures={"certificate_days": -2, "spread": 3})
    text = "".join(page(journal, tmp_path).text)
    assert "DNS 1.5 ms · connect 3.0 ms · TLS 12 ms · first byte 250 ms · certificate valid for 80 days" in text
    assert text.count("certificate expired") == 2 and "spread 3" in text


def recorded() -> Journals:
    """Two tasks of a playbook: one failed and that was ignored, one failed for want of an answer."""
    journal = Journals(scenarios=["network"])
    journal.run()
    task = {"kind": "task", "action": "openstack.cloud.network", "host": "localhost"}
    why = "ignored: no such server"
    journal.step("network", "Stop it", **task, message=why, handled="ignored", figures={"handled": 1})
    journal.call("network", "Make it", journal.seq, "network", "GET", "network", url="network")
    none = {"status": None, "error": "no answer", "duration_ms": 0, "timed": False}
    journal.call("network", "Make it", journal.seq, "network", "POST", "networks", url="networks", **none)
    journal.step("network", "Make it", **task, outcome="failed", message="it came to nothing")
    journal.add("scenario_end", scenario="network", outcome="failed", duration_ms=200.0, message=None)
    journal.end("failed")
    return journal


def test_a_failure_that_was_ignored_does_not_look_like_success(tmp_path: Path) -> None:
    shown = page(recorded(), tmp_path)
    assert "did not succeed, ignored" in shown.text and "why handled" in shown.values("class")
    assert "handled 1" not in "".join(shown.text)


def test_a_failed_task_tells_its_module_and_its_bad_calls(tmp_path: Path) -> None:
    shown = page(recorded(), tmp_path)
    text = " ".join("".join(shown.text).split())
    card = text.partition("it came to nothing")[2].partition("Timeline")[0]
    assert "module openstack.cloud.network" in card and "POST networks network no answer" in card
    assert "GET network" not in card


def test_a_time_that_nobody_told_is_not_zero(tmp_path: Path) -> None:
    text = " ".join("".join(page(recorded(), tmp_path).text).split())
    assert text.count("no answer · time unknown") == 2 and "0.0 ms" not in text


def test_of_a_playbook_nobody_says_that_nothing_was_left(tmp_path: Path) -> None:
    journal = recorded()
    assert "Leftovers" in page(journal, tmp_path).text
    journal.records[0]["verify"] = journal.records[-1]["leftovers"] = None
    assert "Leftovers" not in page(journal, tmp_path).text
    results = build(read(tmp_path / "journal.jsonl"))
    assert json.loads(summary.render(results))["leftovers"] is None
    assert not [name for name, _ in namings.points(results) if "leftovers" in name]
    assert "leftovers" not in junit.render(results) and "tls_verified" not in junit.render(results)
    assert not any("certificates" in note.message for note in results.notes)
