"""Past runs from a directory: records, days and journals side by side, and whatever else lies there."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import journals
import pytest
from stackprobe.history import compact, layout
from stackprobe.history.archive import FUTURE_S, ArchiveHistory
from stackprobe.history.batch import pack
from stackprobe.history.day import merge
from stackprobe.history.model import HistoryUnavailable, Sample

T = 1_790_000_000


def record(run_id: str, t: int, **figures: float) -> dict[str, object]:
    return {
        "format": compact.FORMAT, "cloud": "demo", "region": "RegionOne", "run_id": run_id, "start_t": t,
        "outcome": "passed", "figures": {"run.passed": 1, **figures},
    }  # fmt: skip


def put(directory: Path, fields: dict[str, object]) -> Path:
    path = directory / compact.path_of(fields)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(compact.encode(fields))
    return path


def put_day(directory: Path, *records: dict[str, object]) -> Path:
    runs = [compact.one_run(one) for one in records]
    path = directory / layout.day_path(layout.day_of(runs[0].runs[0].t), runs[0].of)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(merge(runs[0].of, runs))
    return path


class Archive:
    def __init__(self, directory: Path, region: str | None = "RegionOne") -> None:
        self.said: list[str] = []
        self.history = ArchiveHistory(directory, "demo", region, say=self.said.append)

    def ids(self, since_t: float = 0, until_t: float = 2e9) -> list[str | None]:
        return [run.run_id for run in self.history.runs(since_t, until_t)]


def test_records_days_and_journals_are_one_history_in_the_order_of_time(tmp_path: Path) -> None:
    put(tmp_path, record("c", T + 7200, x=3))
    put_day(tmp_path, record("a", T, x=1), record("b", T + 60, x=2))
    journal = journals.fair(["identity"], start=T + 9000)
    journal.records[0].update(run="d")
    journal.write(tmp_path / "deep" / "run")
    archive = Archive(tmp_path)
    assert archive.ids() == ["a", "b", "c", "d"]
    found = archive.history.figures(["x", "run.passed"], 0, 2e9)
    assert found["x"] == [Sample(T, 1), Sample(T + 60, 2), Sample(T + 7200, 3)]
    assert [sample.t for sample in found["run.passed"]] == [T, T + 60, T + 7200, T + 9000]
    assert archive.said == []


def test_a_window_holds_both_of_its_ends(tmp_path: Path) -> None:
    put_day(tmp_path, *(record(str(index), T + index) for index in range(5)))
    archive = Archive(tmp_path)
    assert archive.ids(T + 1, T + 3) == ["1", "2", "3"]
    assert archive.history.figures(["nothing"], 0, 2e9) == {}


def test_a_run_that_is_there_three_times_counts_once_and_its_own_record_before_its_day(tmp_path: Path) -> None:
    put_day(tmp_path, record(journals.RUN, T, x=1))
    put(tmp_path, record(journals.RUN, T, x=2))
    journals.fair(["identity"]).write(tmp_path / "run")
    archive = Archive(tmp_path)
    assert archive.ids() == [journals.RUN]
    assert archive.history.figures(["x"], 0, 2e9) == {"x": [Sample(T, 2)]}


def test_a_run_id_with_two_starts_counts_once_and_is_told(tmp_path: Path) -> None:
    put(tmp_path, record("same", T))
    put(tmp_path, record("same", T + 60))
    archive = Archive(tmp_path)
    assert archive.ids() == ["same"] and archive.ids() == ["same"]
    assert archive.said == [f"runs/2026/09/{T + 60}-same.json.gz: the run same is there with another start: left out"]


def test_runs_from_the_future_are_left_out_and_told(tmp_path: Path) -> None:
    now = int(time.time())
    put(tmp_path, record("now", now))
    put(tmp_path, record("future", now + 2 * FUTURE_S))
    archive = Archive(tmp_path)
    assert archive.ids(0, 1e12) == ["now"]
    (line,) = archive.said
    assert "the run future is from the future" in line


def test_other_clouds_and_regions_are_others(tmp_path: Path) -> None:
    put(tmp_path, record("mine", T))
    put(tmp_path, record("cloud", T) | {"cloud": "other"})
    put(tmp_path, record("region", T) | {"region": "two"})
    put_day(tmp_path, record("day", T + 86400) | {"cloud": "other"})
    put(tmp_path, record("label", T + 1) | {"cloud": "elsewhere", "label": "demo"})
    journal = journals.fair(["identity"])
    journal.records[0].update(cloud="other", run="journal")
    journal.write(tmp_path / "run")
    assert Archive(tmp_path).ids() == ["mine", "label"]


def test_without_a_region_the_only_one_is_meant_and_several_are_refused(tmp_path: Path) -> None:
    put(tmp_path, record("one", T))
    assert Archive(tmp_path, None).ids() == ["one"]
    put(tmp_path, record("two", T + 1) | {"region": "two"})
    with pytest.raises(HistoryUnavailable, match="name one of RegionOne, two"):
        Archive(tmp_path, None).ids()


def test_what_cannot_be_read_is_told_once_and_costs_nothing_else(tmp_path: Path) -> None:
    good = put(tmp_path, record("good", T))
    folder = good.parent
    (folder / f"{T}-cut.json.gz").write_bytes(good.read_bytes()[:-12])
    (folder / f"{T}-garbage.json.gz").write_bytes(b"\x00\xff" * 50)
    (folder / f"{T}-list.json.gz").write_bytes(pack("[1, 2]"))
    (folder / f"{T}-newer.json.gz").write_bytes(pack('{"format": "stackprobe-run/9"}'))
    (folder / f"{T}-directory.json.gz").mkdir()
    (folder / "notes.txt").write_text("not a run")
    (folder / ".hidden").write_text("half of a file")
    (tmp_path / "README.md").write_text("text")
    day = tmp_path / layout.day_path(layout.day_of(T), ("demo", "RegionOne"))
    day.parent.mkdir(parents=True)
    day.write_bytes(pack("{}"))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "journal.jsonl").write_bytes(b"\xff\xfe not a journal\n")
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "journal.jsonl").write_bytes(b'{"type":"run"')
    archive = Archive(tmp_path)
    assert archive.ids() == ["good"] and archive.ids() == ["good"]
    told = {line.rsplit("/", 1)[-1].partition(":")[0] for line in archive.said}
    assert told == {
        f"{T}-cut.json.gz", f"{T}-garbage.json.gz", f"{T}-list.json.gz", f"{T}-newer.json.gz", "notes.txt",
        "demo.RegionOne.jsonl.gz", "journal.jsonl",
    }  # fmt: skip
    assert len(archive.said) == len(set(archive.said)) == 8
    assert any("it is cut" in line for line in archive.said)
    assert any("a newer stackprobe wrote it" in line for line in archive.said)


def test_names_of_files_that_are_no_text_crash_nothing(tmp_path: Path) -> None:
    put(tmp_path, record("good", T))
    (tmp_path / "runs" / b"\xff\x1b[31m.json.gz".decode("utf-8", "surrogateescape")).write_bytes(b"x")
    archive = Archive(tmp_path)
    assert archive.ids() == ["good"]
    assert "\x1b" not in archive.said[0] and archive.said[0].encode()


def test_ids_that_are_no_file_names_stay_apart(tmp_path: Path) -> None:
    for run_id in ("a/b", "a.b", "../../x", "🦄", "a_b"):
        put(tmp_path, record(run_id, T))
    assert sorted(Archive(tmp_path).ids()) == sorted(["a/b", "a.b", "../../x", "🦄", "a_b"])  # type: ignore[type-var]
    assert len([*(tmp_path / "runs" / "2026" / "09").iterdir()]) == 5


def test_a_missing_directory_is_an_empty_history_and_told(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "none")
    assert archive.ids() == [] and "is missing" in archive.said[0]


def test_a_file_in_the_place_of_the_directory_is_no_history(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(HistoryUnavailable, match="cannot be read"):
        Archive(tmp_path / "file").ids()


def test_links_that_lead_in_circles_end(tmp_path: Path) -> None:
    put(tmp_path, record("good", T))
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    assert Archive(tmp_path).ids() == ["good"]


def test_the_folder_of_runs_alone_is_an_archive_too(tmp_path: Path) -> None:
    put(tmp_path, record("good", T))
    assert Archive(tmp_path / "runs").ids() == ["good"]


def test_a_year_of_days_is_read_without_being_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackprobe.history.archive.HELD_DAYS", 2)
    for day in range(6):
        put_day(tmp_path, record(str(day), T + 86400 * day))
    archive = Archive(tmp_path)
    assert archive.ids() == [str(day) for day in range(6)]
    shutil.rmtree(tmp_path / "days" / "2026" / "09" / "21")  # the first of them is no longer in memory
    assert archive.ids() == [str(day) for day in range(1, 6)]
    assert "it cannot be read" in archive.said[0]
