"""Two runs, or two clouds, side by side: what is told, and what is worth a look."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from stackprobe.cli import main
from stackprobe.comparison.rule import is_noticeable
from stackprobe.comparison.terminal import REACH, bar

from tests.support.hostile_journals import HOSTILE
from tests.support.html_page import Page
from tests.unit import journals
from tests.unit.journals import Journals


def run(directory: Path, steps: dict[str, float | str], cloud: str = "demo") -> Path:
    """A run of these steps: a duration (ms), or an outcome."""
    journal = Journals(scenarios=["identity"])
    journal.run(cloud=cloud)
    for name, what in steps.items():
        if isinstance(what, str):
            journal.step("identity", name, outcome=what, message="HTTP 503")
        else:
            journal.step("identity", name, duration_ms=what)
    journal.add("scenario_end", scenario="identity", outcome="passed", duration_ms=1.0, message=None)
    journal.end("passed")
    journal.write(directory)
    return directory


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    assert main(["compare", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_each_row_tells_outcomes_durations_difference_ratio_and_a_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = run(tmp_path / "a", {"Same": 100, "Slow": 100, "Fast": 800, "Breaks": 50, "Heals": "failed", "Gone": 1})
    b = run(tmp_path / "b", {"New": 1, "Same": 110, "Slow": 400, "Fast": 200, "Breaks": "error", "Heals": 50})
    rows = {row["step"]: row for row in told(capsys, a, b)["steps"]}
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "Same": "",
        "Slow": "slower",
        "Fast": "faster",
        "Breaks": "newly bad",
        "Heals": "recovered",
        "Gone": "only in A",
        "New": "only in B",
    }
    slow = rows["Slow"]
    assert (slow["a"]["median_ms"], slow["b"]["median_ms"], slow["difference_ms"], slow["ratio"]) == (100, 400, 300, 4)
    assert (rows["Breaks"]["a"]["outcome"], rows["Breaks"]["b"]["outcome"]) == ("passed", "error")
    assert rows["Gone"]["b"] is None and rows["Breaks"]["ratio"] is None


def test_several_runs_of_two_clouds_are_two_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = [run(tmp_path / f"a{n}", {"Boot": 1000 + 10 * n, "Flaky": "failed" if n else 5}, "one") for n in range(6)]
    b = [run(tmp_path / f"b{n}", {"Boot": 1600 + 10 * n, "Flaky": "failed" if n else 5}, "two") for n in range(6)]
    found = told(capsys, "--a", *a, "--b", *b)
    assert (len(found["a"]["runs"]), found["a"]["name"]) == (6, "one / RegionOne, 6 runs")
    boot, flaky = found["steps"]
    assert (boot["verdict"], boot["a"]["count"], boot["a"]["median_ms"], boot["difference_ms"]) == (
        "slower", 6, 1020, 600,
    )  # fmt: skip
    assert (flaky["verdict"], flaky["a"]["outcome"]) == ("", "failed 5 of 6")


def test_the_same_run_twice_has_nothing_worth_a_look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journals.mixed().write(tmp_path)
    assert told(capsys, tmp_path, tmp_path)["noticeable"] == 0
    assert main(["compare", str(tmp_path), str(tmp_path)]) == 0
    assert "Nothing is worth a look" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("a", "b", "noticeable"),
    [
        ([], [1.0], False),
        ([10], [40], False),  # below 50 ms
        ([1000], [1400], False),  # a single value each
        ([1000], [1500], True),
        ([1000] * 5, [1249] * 5, False),
        ([1000] * 5, [1251] * 5, True),
        ([100, 1000, 1000, 1000, 9000], [1000, 1000, 1010, 1010, 60_000], False),  # odd values
        ([200, 600, 1000, 1400, 1800], [500, 900, 1300, 1700, 2100], False),  # it varies that much by itself
    ],
)
def test_the_rule(a: list[float], b: list[float], noticeable: bool) -> None:
    assert is_noticeable(a, b) is is_noticeable(b, a) is noticeable


def test_a_wait_is_not_slower_within_its_own_precision() -> None:
    assert is_noticeable([1000], [1900]) and not is_noticeable([1000], [1900], precision_ms=1000)


def test_the_rule_finds_a_shift_and_raises_no_false_alarm_in_noise() -> None:
    draw = random.Random(7)
    alarms = found = 0
    for _ in range(300):
        one, other, late = (sorted(draw.lognormvariate(7, 0.25) for _ in range(20)) for _ in range(3))
        alarms += is_noticeable(one, other)
        found += is_noticeable(one, [value * 1.6 for value in late])
    assert alarms <= 3 and found >= 270


def test_the_terminal_lists_all_or_only_what_is_worth_a_look(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = run(tmp_path / "a", {"Same": 100, "Slow": 100}), run(tmp_path / "b", {"Same": 110, "Slow": 400})
    assert main(["compare", str(a), str(b)]) == 0
    text = capsys.readouterr().out
    assert re.search(r"Slow +100 ms +400 ms +\+300 ms +× 4\.00 +│█{8} +slower", text) and "Same" in text
    assert main(["compare", str(a), str(b), "--noticeable"]) == 0
    assert "Same" not in capsys.readouterr().out


def test_a_bar_leans_to_the_side_that_takes_longer() -> None:
    assert bar(1.0).strip() == bar(None).strip() == "│"
    assert bar(4.0) == " " * REACH + "│" + "█" * REACH and bar(0.25) == "█" * REACH + "│"
    assert bar(0.0) == bar(1e-9) and len(bar(1e9)) == 2 * REACH + 1


def test_the_page_is_self_contained_and_has_a_plot_for_each_row(tmp_path: Path) -> None:
    journals.mixed().write(tmp_path / "a")
    journals.mixed(seed=5).write(tmp_path / "b")
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--html", str(tmp_path / "c.html")]) == 0
    text = (tmp_path / "c.html").read_text()
    page = Page(text)
    assert not {tag for tag, _ in page.tags} & {"script", "img", "link", "iframe"} and not page.values("src")
    assert "url(" not in text and "@import" not in text
    places = [float(value) for name in ("x1", "x2", "cx") for value in page.values(name)]
    assert min(places) >= 0 and max(places) <= 260
    assert text.count('class="from"') > 30


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_runs_are_compared(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    HOSTILE[name]().write(tmp_path / "a")
    journals.fair().write(tmp_path / "b")
    page = tmp_path / "c.html"
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--json", "--html", str(page)]) == 0
    json.loads(capsys.readouterr().out)
    assert not {tag for tag, _ in Page(page.read_text(encoding="utf-8")).tags} & {"script", "img"}
    assert main(["compare", str(tmp_path / "b"), str(tmp_path / "a")]) == 0
    assert "\x1b[1;31mred" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [[], ["a"], ["a", "a", "a"], ["a", "a", "--a", "a"], ["--a", "a"], ["a", "missing"], ["a", "empty"]]
)
def test_bad_input_is_refused(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(tmp_path / "a", {"Same": 1})
    (tmp_path / "empty").mkdir()
    assert main(["compare", *arguments]) == 2
    assert capsys.readouterr().err.startswith("stackprobe: ")


def test_a_page_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    run(tmp_path / "a", {"Same": 1})
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "a"), "--html", str(tmp_path / "no" / "c.html")]) == 2
