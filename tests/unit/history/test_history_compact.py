"""What is kept of a run: every figure, and what was bad."""

from __future__ import annotations

import json
import math
from pathlib import Path

import journals
import pytest
from stackprobe.history import compact
from stackprobe.history.batch import Unusable, pack, parse_object, unpack
from stackprobe.history.day import Day, merge
from stackprobe.history.model import BadStep
from stackprobe.outputs import metrics, write_all
from stackprobe.results import Outcome, from_directory


def whole(_: str) -> bool:
    return True


def record(directory: Path, journal: journals.Journals, **changes: object) -> dict[str, object]:
    journal.records[0].update(changes)
    journal.write(directory)
    return compact.compact_directory(directory)


def test_every_figure_of_metrics_txt_is_in_the_record(tmp_path: Path) -> None:
    journal = journals.mixed()
    journal.records[0].update(metrics_prefix="acme.probes", label="cloud one")
    journal.write(tmp_path)
    results = from_directory(tmp_path)
    lines = dict(line.rsplit(" ", 1)[0].split(" ") for line in metrics.render(results).splitlines())
    figures = compact.compact(results)["figures"]
    assert {f"acme.probes.cloud_one.RegionOne.{name}" for name in figures} == lines.keys()
    for name, value in figures.items():
        assert math.isclose(float(lines[f"acme.probes.cloud_one.RegionOne.{name}"]), value, abs_tol=0.00051)


def test_bad_steps_are_kept_failed_ones_first_with_clean_short_messages(tmp_path: Path) -> None:
    found = record(tmp_path, journals.mixed())
    bad = compact.one_run(found).runs[0].bad
    assert BadStep("network", "Create the router", Outcome.FAILED, bad[1].message) in bad
    assert not any("\x1b" in one.message or len(one.message) > compact.LONGEST_MESSAGE for one in bad)
    assert any(one.scenario == "compute_az2" and not one.step and one.outcome is Outcome.ERROR for one in bad)
    outcomes = [one.outcome for one in bad]
    assert outcomes == sorted(outcomes, key=lambda outcome: outcome is not Outcome.FAILED)


def test_a_record_survives_its_file_and_the_same_record_gives_the_same_bytes(tmp_path: Path) -> None:
    found = record(tmp_path, journals.fair())
    data = compact.encode(found)
    assert data == compact.encode(json.loads(json.dumps(found)))
    run = compact.decode(data)
    assert run.of == ("demo", "RegionOne") and dict(run.figures) == found["figures"]
    one = run.runs[0]
    assert (one.t, one.outcome, one.run_id) == (int(journals.START), Outcome.PASSED, journals.RUN)
    assert one.build_url == "https://zuul.example.org/build/1"


def test_service_levels_of_metrics_txt_are_kept_and_foreign_lines_are_not(tmp_path: Path) -> None:
    journals.fair().write(tmp_path)
    write_all(tmp_path, from_directory(tmp_path))
    t = int(journals.START)
    with (tmp_path / "metrics.txt").open("a") as file:
        file.write(f"stackprobe.demo.RegionOne.service_level.boot.ok 1 {t}\n")
        file.write(f"stackprobe.demo.RegionOne.service_level.late.ok 1 {t + 60}\n")
        file.write(f"stackprobe.other.RegionOne.service_level.boot.bad 1 {t}\ngarbage\n")
    figures = compact.compact_directory(tmp_path)["figures"]
    assert [name for name in figures if name.startswith("service_level")] == ["service_level.boot.ok"]


def test_a_build_url_that_is_none_is_not_kept(tmp_path: Path) -> None:
    assert record(tmp_path, journals.fair(), ci={"build_url": "javascript:alert(1)"})["build_url"] is None


def test_a_journal_without_a_cloud_is_no_run_to_keep(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_bytes(b'{"type":"run","t":1')
    with pytest.raises(Unusable, match="cut"):
        compact.compact_directory(tmp_path)


def good(**changes: object) -> dict[str, object]:
    fields: dict[str, object] = {"format": compact.FORMAT, "cloud": "c", "run_id": "r", "start_t": 5, "figures": {}}
    return fields | changes


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (good(format="stackprobe-run/2"), "a newer stackprobe"),
        (good(format="else/1"), "no record"),
        ({}, "no record"),
        (good(cloud=None), "on which cloud"),
        (good(run_id=""), "no start or no id"),
        (good(start_t=True), "no start or no id"),
        (good(start_t=-1), "no start or no id"),
        (good(start_t=10**400), "no start or no id"),
        (good(start_t="5"), "no start or no id"),
    ],
)
def test_a_record_that_is_none_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(Unusable, match=message):
        compact.decode(pack(json.dumps(fields)))


@pytest.mark.parametrize(
    "data",
    [b"", b"garbage", b"\x1f\x8b", pack("{}")[:-9], pack("{}")[:12] + b"\xff" * 20, pack("[1]"), pack("[" * 100_000)],
)
def test_a_broken_file_is_refused(data: bytes) -> None:
    with pytest.raises(Unusable):
        compact.decode(data)


def test_invalid_utf_8_is_refused() -> None:
    with pytest.raises(Unusable, match="no JSON"):
        parse_object(b'{"a": "\xff\xfe"}')


def test_a_file_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackprobe.history.batch.LARGEST_BYTES", 100)
    assert len(unpack(pack("x" * 100))) == 100
    with pytest.raises(Unusable, match="holds more than"):
        unpack(pack("x" * 101))


def test_odd_figures_cost_only_themselves() -> None:
    figures = {
        "a.b": 1, "space and 🦄/slash": 2.5, "": 1, "x" * 1001: 1,
        "text": "1", "true": True, "none": None, "list": [1], "huge": 10**400,
    }  # fmt: skip
    text = json.dumps(good(figures=figures))[:-2] + ', "nan": NaN, "infinite": 1e999}}'
    assert compact.decode(pack(text)).figures == {"a.b": 1, "space and 🦄/slash": 2.5}


def test_odd_bad_steps_cost_nothing() -> None:
    bad = [{"scenario": "s", "step": 5, "outcome": "fine", "message": None}, "text", None]
    run = compact.one_run(good(bad=bad)).runs[0]
    assert run.bad == (BadStep("s", "", Outcome.ERROR, ""),)
    assert compact.one_run(good(bad="x")).runs[0].bad == ()


def day_of_runs(tmp_path: Path, *runs: tuple[str, float, journals.Journals]) -> list[compact.OneRun]:
    found = []
    for run_id, start, journal in runs:
        found.append(compact.one_run(record(tmp_path / run_id, journal, run=run_id, t=start)))
    return found


def test_a_day_holds_what_its_runs_hold(tmp_path: Path) -> None:
    runs = day_of_runs(
        tmp_path,
        ("b", journals.START + 300, journals.mixed(start=journals.START + 300)),
        ("a", journals.START, journals.fair(["identity"])),
    )
    day = Day(merge(("demo", "RegionOne"), runs))
    assert [run.run_id for run in day.runs] == ["a", "b"]
    assert [*day.runs] == [runs[1].runs[0], runs[0].runs[0]]
    columns = dict(day.columns(whole))
    for index, run in enumerate(reversed(runs)):
        assert {name: values[index] for name, values in columns.items() if values[index] is not None} == run.figures
    assert dict(day.columns(lambda name: name == "run.passed")) == {"run.passed": [1, 0]}


def test_of_a_run_that_is_there_twice_the_last_counts(tmp_path: Path) -> None:
    before, after = compact.one_run(good(figures={"a": 1, "b": 1})), compact.one_run(good(figures={"a": 2}))
    day = Day(merge(("c", "default"), [before, after]))
    assert len(day.runs) == 1 and dict(day.columns(whole)) == {"a": [2]}
    assert merge(("c", "default"), [day, after]) == merge(("c", "default"), [after])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}\n",
        '{"format":"stackprobe-day/2","cloud":"c","region":"r","runs":[]}\n',
        '{"format":"stackprobe-day/1","cloud":"c","region":"r"}\n',
        '{"format":"stackprobe-day/1","cloud":"c","region":"r","runs":[5]}\n',
        '{"format":"stackprobe-day/1","cloud":"c","region":"r","runs":[{"run_id":"r"}]}\n',
    ],
)
def test_a_day_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Unusable):
        Day(pack(text))


def test_broken_lines_of_a_day_cost_only_themselves() -> None:
    header = '{"format":"stackprobe-day/1","cloud":"c","region":"r","runs":[{"run_id":"r","start_t":5}]}'
    lines = ['["good",[1]]', '["cut",[1', '["two",[1,2]]', '["null",[null]]', "[5,[1]]", 'x",[', '["odd\\"",[3]]', "{}"]
    found = dict(Day(pack("\n".join([header, *lines]))).columns(whole))
    assert found == {"good": [1], "null": [None], 'odd"': [3]}


def test_a_file_that_is_cut_or_altered_anywhere_is_read_right_or_refused(tmp_path: Path) -> None:
    run = compact.one_run(record(tmp_path, journals.fair(["identity"])))
    day, expected = merge(run.of, [run]), {name: [value] for name, value in run.figures.items()}
    for data, read in (
        (compact.encode(record(tmp_path, journals.fair(["identity"]))), compact.decode),
        (day, Day),
    ):
        for place in range(len(data)):
            altered = data[:place] + bytes([data[place] ^ 0x40]) + data[place + 1 :]
            for broken in (data[:place], altered):
                try:
                    found = read(broken)
                except Unusable:
                    continue
                assert {name: [*values] for name, values in found.columns(whole)} == expected


@pytest.mark.parametrize("t", [math.nan, 1e400, "x", -5, 1e18, None, True, []])
def test_a_run_whose_start_is_none_has_one_that_is_long_ago(tmp_path: Path, t: object) -> None:
    found = compact.encode(record(tmp_path, journals.fair(["identity"]), t=t))
    assert compact.decode(found).runs[0].t == 0
