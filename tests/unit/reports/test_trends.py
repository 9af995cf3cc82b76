"""Trends and what changed since the last run, from a history, a directory or an earlier run."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from stackprobe.cli import main
from stackprobe.comparison.rule import is_unusual
from stackprobe.history.archive import ArchiveHistory
from stackprobe.history.model import History, HistoryUnavailable, PastRun, Sample
from stackprobe.namings.figures import step_figures
from stackprobe.outputs import html, metrics, outputs, write_all
from stackprobe.outputs.changes import MOST, changes
from stackprobe.outputs.earlier import MOST_RUNS, Earlier, gather, last_run
from stackprobe.outputs.earlier_opening import add_earlier, earlier_of
from stackprobe.outputs.sparkline import HEIGHT, WIDTH, sparkline
from stackprobe.results import Outcome, Results, from_directory

from tests.support.hostile_journals import HOSTILE
from tests.support.html_page import Page
from tests.support.memory_history import MemoryHistory
from tests.unit import journals
from tests.unit.journals import START, Journals

HOUR = 3600


def run(directory: Path, steps: dict[str, float | str], at: float = START, **changes: object) -> Results:
    """A run of these steps: a duration (ms), or an outcome."""
    journal = Journals(scenarios=["identity"], start=at)
    journal.run(run=f"run{int(at)}", **changes)
    journal.add("scenario_start", scenario="identity")
    for name, what in steps.items():
        if isinstance(what, str):
            journal.step("identity", name, outcome=what, message="HTTP 503")
        else:
            journal.step("identity", name, duration_ms=what)
    journal.add("scenario_end", scenario="identity", outcome="passed", duration_ms=1.0, message=None)
    journal.end("passed")
    journal.write(directory)
    return from_directory(directory)


def past_of(past: list[Results]) -> MemoryHistory:
    """Runs as a history, the figures those of their metrics."""
    series: dict[str, list[Sample]] = {}
    for one in past:
        for name, value in metrics.points(one):
            series.setdefault(name.split(".", 3)[3], []).append(Sample(int(one.start_t), value))
    return MemoryHistory([PastRun(int(one.start_t), one.outcome, one.run_id) for one in past], series)


def kinds(found: Results, earlier: Earlier) -> dict[str, str]:
    return {change.step: change.kind.value for change in changes(found, earlier).listed}


BEFORE = {"Same": 100.0, "Slow": 100.0, "Fast": 900.0, "Breaks": 100.0, "Heals": "failed", "Gone": 5.0, "Bad": "error"}
NOW = {"Same": 120.0, "Slow": 400.0, "Fast": 300.0, "Breaks": "failed", "Heals": 90.0, "New": 5.0, "Bad": "failed"}
CHANGED = {
    "Breaks": "newly bad",
    "Heals": "recovered",
    "Slow": "slower",
    "Fast": "faster",
    "New": "new",
    "Gone": "gone",
}


def test_what_changed_since_a_run_that_is_given(tmp_path: Path) -> None:
    before, now = run(tmp_path / "a", BEFORE, START - HOUR), run(tmp_path / "b", NOW)
    earlier = gather(now, None, last_run(before))
    assert kinds(now, earlier) == CHANGED
    text = " ".join(re.sub("<[^>]+>", " ", html.render(now, earlier)).split())
    section = text[text.index("What changed since the last run") : text.index("Timeline", text.index("That was"))]
    for part in ("newly bad identity › Breaks passed 100 ms failed", "slower identity › Slow passed 100 ms passed 400"):
        assert part in section
    assert before.run_id in section and "Same" not in section


def test_what_changed_since_the_last_run_of_a_history(tmp_path: Path) -> None:
    past = [run(tmp_path / str(n), BEFORE, START - (10 - n) * HOUR) for n in range(10)]
    now = run(tmp_path / "now", NOW)
    found = kinds(now, gather(now, past_of(past)))
    assert {name.replace("gone", "Gone"): kind for name, kind in found.items()} == CHANGED
    (slow,) = [one for one in changes(now, gather(now, past_of(past))).listed if one.step == "Slow"]
    assert slow.usual and (slow.before_ms, slow.now_ms) == (100, 400)


def test_a_step_that_varies_is_judged_by_its_own_past(tmp_path: Path) -> None:
    past = [run(tmp_path / str(n), {"Boot": 1000.0 + 400 * (n % 5)}, START - (12 - n) * HOUR) for n in range(12)]
    usual, odd = run(tmp_path / "usual", {"Boot": 2600.0}), run(tmp_path / "odd", {"Boot": 9000.0})
    assert kinds(usual, gather(usual, past_of(past))) == {}
    assert kinds(odd, gather(odd, past_of(past))) == {"Boot": "slower"}
    assert is_unusual(1000, [100.0] * 10) and not is_unusual(1000, [100.0] * 10, precision_ms=1000)


def test_what_is_usual_is_seldom_told_and_what_is_not_mostly() -> None:
    draw = random.Random(5)
    told = found = 0
    for _ in range(1000):
        past = sorted(draw.lognormvariate(7, 0.1) for _ in range(20))
        now = draw.lognormvariate(7, 0.1)
        told += is_unusual(now, past)
        found += is_unusual(now * 2, past)
    assert told <= 20 and found >= 900


def test_only_the_last_runs_are_shown_and_never_the_run_itself(tmp_path: Path) -> None:
    past = [run(tmp_path / str(n), {"Boot": 100.0 + n}, START - (60 - n) * HOUR) for n in range(60)]
    now = run(tmp_path / "now", {"Boot": 500.0})
    later = run(tmp_path / "later", {"Boot": 9.0}, START + HOUR)
    earlier = gather(now, past_of([*past, now, later]))
    samples = earlier.durations_of(("identity", "boot", None))
    assert [sample.value for sample in samples] == [100.0 + n for n in range(60 - MOST_RUNS, 60)]
    assert earlier.last and earlier.last.run_id == past[-1].run_id


def test_a_trend_stands_beside_each_step_and_inside_its_drawing(tmp_path: Path) -> None:
    past = [run(tmp_path / str(n), {"Boot": 100.0 + n, "Login": 5.0}, START - (9 - n) * HOUR) for n in range(9)]
    now = run(tmp_path / "now", {"Boot": 500.0, "Login": "error", "New": 3.0})
    text = html.render(now, gather(now, past_of(past)))
    assert text.count('<svg class="trend"') == 2 and "the last 9 runs: median 104 ms" in text
    assert text.count("<circle") == 1  # a step that erred has no duration to be shown
    for points in re.findall('points="([^"]+)"', text):
        for x, y in (map(float, point.split(",")) for point in points.split()):
            assert 0 <= x <= WIDTH and 0 <= y <= HEIGHT
    assert '<svg class="trend"' not in html.render(now)


def test_too_few_values_are_no_trend() -> None:
    assert sparkline([], 1.0) is None and sparkline([1.0], None) is None
    line = sparkline([0.0, 0.0], 0.0)
    assert line and line.median == 0 and line.last


class Broken(History):
    """A history that cannot be read, from a certain question on."""

    def __init__(self, answers: int, history: History) -> None:
        self.answers, self.history = answers, history

    def _ask(self) -> None:
        self.answers -= 1
        if self.answers < 0:
            raise HistoryUnavailable("graphite-web does not answer within 10 s")

    def figures(self, *arguments: object) -> dict[str, list[Sample]]:
        self._ask()
        return self.history.figures(*arguments)  # type: ignore[arg-type]

    def runs(self, *arguments: object) -> list[PastRun]:
        self._ask()
        return self.history.runs(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("answers", [0, 1, 2])
def test_a_history_that_fails_is_a_note_and_costs_no_report(answers: int, tmp_path: Path) -> None:
    past = [run(tmp_path / str(n), BEFORE, START - (3 - n) * HOUR) for n in range(3)]
    now = run(tmp_path / "now", NOW)
    earlier = gather(now, Broken(answers, past_of(past)))
    assert earlier.note and "does not answer" in earlier.note
    assert len(write_all(tmp_path / "now", now, earlier)) == len(outputs())
    assert "graphite-web does not answer within 10 s" in (tmp_path / "now" / "report.html").read_text()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_runs_before_and_after_cost_no_report(name: str, tmp_path: Path) -> None:
    HOSTILE[name]().write(tmp_path / "a")
    journals.mixed().write(tmp_path / "b")
    hostile, sane = from_directory(tmp_path / "a"), from_directory(tmp_path / "b")
    for now, before in ((hostile, sane), (sane, hostile), (hostile, hostile)):
        page = Page(html.render(now, gather(now, None, last_run(before))))
        assert not {tag for tag, _ in page.tags} & {"script", "img"}
    assert not changes(hostile, gather(hostile, None, last_run(hostile))).listed


def test_many_changes_are_bounded_and_counted(tmp_path: Path) -> None:
    before = run(tmp_path / "a", {f"Step {n}": 10.0 for n in range(100)}, START - HOUR)
    now = run(tmp_path / "b", {f"Step {n}": "failed" for n in range(100)})
    found = changes(now, gather(now, None, last_run(before)))
    assert len(found.listed) == MOST and list(found.left_out.values()) == [100 - MOST]
    assert f"and {100 - MOST} more newly bad steps" in html.render(now, gather(now, None, last_run(before)))


def test_request_ids_are_selected_whole(tmp_path: Path) -> None:
    journals.mixed().write(tmp_path)
    text = html.render(from_directory(tmp_path))
    assert ".copy { user-select: all;" in text
    ids = re.findall(r"<code[^>]*>req-[^<]+</code>", text)
    assert ids and all('class="copy"' in one for one in ids)


def test_the_command_takes_the_past_from_a_directory_or_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(6):
        run(tmp_path / "past" / str(n), BEFORE, START - (6 - n) * HOUR)
    run(tmp_path / "now", NOW)
    page = tmp_path / "now" / "report.html"
    assert main(["report", str(tmp_path / "now"), "--history", str(tmp_path / "past")]) == 0
    assert 'class="trend"' in page.read_text() and "newly bad" in page.read_text()
    assert main(["report", str(tmp_path / "now"), "--previous", str(tmp_path / "past" / "5")]) == 0
    assert 'class="trend"' not in page.read_text() and "newly bad" in page.read_text()
    assert main(["report", str(tmp_path / "now")]) == 0
    assert "newly bad" not in page.read_text()
    assert main(["report", str(tmp_path / "now"), "--history", str(tmp_path / "missing")]) == 2
    assert main(["report", str(tmp_path / "now"), "--previous", str(tmp_path / "missing")]) == 2
    both = ["--history", str(tmp_path / "past"), "--graphite-url", "http://127.0.0.1:9"]
    assert main(["report", str(tmp_path / "now"), *both]) == 2
    capsys.readouterr()


def test_a_graphite_that_is_not_there_costs_no_report(tmp_path: Path) -> None:
    run(tmp_path, NOW)
    assert main(["report", str(tmp_path), "--graphite-url", "http://127.0.0.1:9"]) == 0
    assert "earlier runs could not be read" in (tmp_path / "report.html").read_text()


def test_the_configuration_says_where_the_past_is(tmp_path: Path) -> None:
    (tmp_path / "probes.yaml").write_text("clouds: {demo: {}}\nhistory: {directory: past}\n")
    for n in range(6):
        run(tmp_path / "past" / str(n), BEFORE, START - (6 - n) * HOUR)
    now = run(tmp_path / "now", NOW)
    add_earlier(tmp_path / "now", now, tmp_path / "probes.yaml")
    assert 'class="trend"' in (tmp_path / "now" / "report.html").read_text()
    now.end_reason = "SIGTERM"
    (tmp_path / "now" / "report.html").unlink()
    add_earlier(tmp_path / "now", now, tmp_path / "probes.yaml")
    assert not (tmp_path / "now" / "report.html").exists()  # it is about to be killed
    now.end_reason = None
    for config in (None, tmp_path / "missing.yaml"):
        add_earlier(tmp_path / "now", now, config)
    assert earlier_of(now, None) == Earlier(step_figures(now))


def test_an_archive_knows_a_cloud_by_its_label(tmp_path: Path) -> None:
    for n in range(3):
        run(tmp_path / "past" / str(n), {"Boot": 100.0}, START - (3 - n) * HOUR, label="prod", region_label="west")
    now = run(tmp_path / "now", {"Boot": 100.0}, label="prod", region_label="west")
    earlier = earlier_of(now, directory=tmp_path / "past")
    assert len(earlier.durations_of(("identity", "boot", None))) == 3 and earlier.last
    assert earlier.last.steps["identity.boot"].outcome is Outcome.PASSED
    assert ArchiveHistory(tmp_path / "past", "prod", "west").runs(0, START)
