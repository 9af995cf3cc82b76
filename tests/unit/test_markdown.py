"""summary.md: small enough, failures first, and no markup out of a cloud's message."""

from __future__ import annotations

from pathlib import Path

import journals
from journals import Journals
from stackprobe.journal import read
from stackprobe.outputs import markdown
from stackprobe.results import build


def render(journal: Journals, tmp_path: Path) -> str:
    return markdown.render(build(read(journal.write(tmp_path))))


def test_failures_come_before_errors_and_both_before_the_table(tmp_path: Path) -> None:
    text = render(journals.mixed(), tmp_path)
    order = ["failed", "What went wrong", "Download and compare", "Create the router", "unfinished", "| Scenario"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "What to do: give the probe" in text and "`req-503`" in text


def test_the_table_has_one_row_a_scenario_whatever_stands_in_a_name(tmp_path: Path) -> None:
    journal = journals.fair(["identity", "image"])
    for record in journal.records:
        if record["type"] == "step":
            record["step"] = "a | b\n| c `d` @admin <img> [x](y)"
    text = render(journal, tmp_path)
    rows = [line for line in _unfolded(text).splitlines() if line.startswith("| ")]
    assert len(rows) == 3
    for row in rows:
        assert row.replace("\\|", "").count("|") == 7


def test_a_message_is_plain_text(tmp_path: Path) -> None:
    journal = journals.mixed()
    for record in journal.records:
        if record["type"] == "step" and record["outcome"] == "failed":
            record["message"] = "<img src=x> @everyone [click](http://x) **bold** \x1b[31m #12"
    text = render(journal, tmp_path)
    for part in ("<img", "@everyone", "[click]", " **bold", "\x1b", " #12"):
        assert part not in text


def test_the_largest_run_stays_below_a_mebibyte(tmp_path: Path) -> None:
    names = [f"identity_{index:04d}" for index in range(3000)]
    journal = Journals(scenarios=names)
    journal.run()
    for name in names:
        journal.step(name, "Create", outcome="failed", message="日本" * 5000)
    text = render(journal, tmp_path)
    assert 500_000 < len(text.encode()) <= markdown.LARGEST < 1024 * 1024
    assert "report.html has everything" in text


def test_fair_weather_is_short(tmp_path: Path) -> None:
    text = render(journals.fair(), tmp_path)
    assert "What went wrong" not in text and "✅ demo / RegionOne – passed" in text
    assert len(_unfolded(text).splitlines()) < 20
    assert text.count("<details>") == text.count("</details>") == 1


def test_when_the_run_was_due_stands_beside_when_it_began(tmp_path: Path) -> None:
    assert "due 2026-09-21 14:13:17 UTC, begun 2.50 s later" in render(journals.fair(), tmp_path)


def test_no_line_begins_as_a_line_of_a_clouds_yaml_does(tmp_path: Path) -> None:
    journal = journals.Journals(1, ["identity"])
    journal.run(region=None)
    journal.end("error")
    assert "demo:" not in render(journal, tmp_path), "GitHub blacks out each line of a secret"


def _unfolded(text: str) -> str:
    """What is read without a click."""
    before, _, folded = text.partition(f"<details><summary>{markdown.STATISTICS}</summary>")
    return before + folded.partition("</details>")[2]
