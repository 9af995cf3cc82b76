"""What changes when a run is kept: bounds, days that are over, replays, clocks that are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from stackprobe.errors import UsageError
from stackprobe.history import compact, layout
from stackprobe.history.archive import ArchiveHistory
from stackprobe.history.batch import pack
from stackprobe.keeping.folder import apply, files_of
from stackprobe.keeping.plan import Bounds, Change, plan

DAY = 86400
#: Some noon.
NOW = 20_000 * DAY + DAY // 2
ROOMY = Bounds(days=90, size_bytes=10**9)


def record(run_id: str, t: int, **changes: Any) -> dict[str, Any]:
    return {
        "format": compact.FORMAT, "cloud": "demo", "region": "one", "run_id": run_id, "start_t": t,
        "outcome": "passed", "figures": {"run.passed": 1},
    } | changes  # fmt: skip


class Kept:
    """An archive in a directory, changed as planned."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def keep(self, *records: dict[str, Any], now: float = NOW, bounds: Bounds = ROOMY) -> Change:
        change = self.planned(records, now, bounds)
        apply(self.directory, change)
        return change

    def planned(self, records: Sequence[dict[str, Any]], now: float = NOW, bounds: Bounds = ROOMY) -> Change:
        return plan(files_of(self.directory), lambda path: (self.directory / path).read_bytes(), records, bounds, now)

    @property
    def files(self) -> list[str]:
        return sorted(files_of(self.directory))

    def ids(self, cloud: str = "demo") -> list[str | None]:
        def broken(line: str) -> None:
            raise AssertionError(line)

        return [run.run_id for run in ArchiveHistory(self.directory, cloud, "one", say=broken).runs(0, 1e12)]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_a_run_of_today_is_one_file_and_kept_again_changes_nothing(kept: Kept) -> None:
    assert kept.keep(record("a", NOW)).written
    assert kept.files == [layout.run_path(NOW, "a")]
    assert not kept.keep(record("a", NOW))
    assert kept.ids() == ["a"]


def test_a_run_that_has_come_to_its_end_meanwhile_replaces_what_was_kept_of_it(kept: Kept) -> None:
    kept.keep(record("a", NOW, outcome="error"))
    assert kept.keep(record("a", NOW, outcome="failed"))
    (run,) = ArchiveHistory(kept.directory, "demo", "one").runs(0, 1e12)
    assert run.outcome == "failed"


def test_days_that_are_over_become_one_file_for_each_cloud(kept: Kept) -> None:
    for cloud in ("demo", "other"):
        for hour in range(3):
            kept.keep(record(f"{cloud}{hour}", NOW - 3 * DAY + 3600 * hour, cloud=cloud), now=NOW - 3 * DAY + 10_000)
    assert len(kept.files) == 6
    change = kept.keep(record("today", NOW))
    assert [path.startswith("days/") for path in kept.files] == [True, True, False] and len(change.removed) == 6
    assert kept.ids() == ["demo0", "demo1", "demo2", "today"] and kept.ids("other") == ["other0", "other1", "other2"]


def test_yesterday_stays_as_it_is_for_runs_that_come_late(kept: Kept) -> None:
    kept.keep(record("a", NOW - DAY))
    kept.keep(record("b", NOW))
    assert [path.startswith("runs/") for path in kept.files] == [True, True]


def test_a_run_that_comes_later_than_its_day_joins_it(kept: Kept) -> None:
    kept.keep(record("a", NOW - 5 * DAY), record("c", NOW - 5 * DAY + 120))
    assert len(kept.files) == 1
    kept.keep(record("b", NOW - 5 * DAY + 60))
    assert len(kept.files) == 1 and kept.ids() == ["a", "b", "c"]


def test_a_run_of_a_day_that_is_over_kept_again_changes_nothing(kept: Kept) -> None:
    one = record("a", NOW - 5 * DAY, figures={"run.passed": 1, "x.duration_ms": 1.5})
    kept.keep(one, record("b", NOW - 5 * DAY + 60, figures={"y": 1}))
    assert not kept.keep(one)
    assert kept.keep(one | {"figures": {"x.duration_ms": 2}})
    assert ArchiveHistory(kept.directory, "demo", "one").figures(["x.*"], 0, 1e12)["x.duration_ms"][0].value == 2
    assert kept.ids() == ["a", "b"]


def test_what_is_older_than_the_bound_goes(kept: Kept) -> None:
    for day in range(30):
        kept.keep(record(str(day), NOW + day * DAY), now=NOW + day * DAY, bounds=Bounds(10, 10**9))
    assert kept.ids() == [str(day) for day in range(19, 30)]
    change = kept.keep(record("old", NOW), now=NOW + 29 * DAY, bounds=Bounds(10, 10**9))
    assert not change and change.notes == ["the run old is older than what is kept"]


def test_the_oldest_go_first_where_the_size_is_bounded(kept: Kept) -> None:
    size = len(compact.encode(record("0", NOW)))
    bounds = Bounds(90, 3 * size + size // 2)
    for minute in range(6):
        change = kept.keep(record(str(minute), NOW + 60 * minute), now=NOW + 3600, bounds=bounds)
        assert sum(files_of(kept.directory).values()) <= bounds.size_bytes
    assert kept.ids() == ["3", "4", "5"]
    assert "files of the oldest runs are removed" in change.notes[0]


def test_a_run_larger_than_everything_may_be_is_refused(kept: Kept) -> None:
    kept.keep(record("a", NOW))
    with pytest.raises(UsageError, match="larger --keep-size"):
        kept.keep(record("b", NOW + 1), bounds=Bounds(90, 20))
    assert kept.ids() == ["a"]


def test_a_clock_that_jumps_ahead_makes_nothing_old(kept: Kept) -> None:
    kept.keep(*(record(str(day), NOW - day * DAY) for day in range(80)))
    kept.keep(record("jumped", NOW + 3650 * DAY), now=NOW + 3650 * DAY)
    kept.keep(record("after", NOW + 60), now=NOW + 60)
    history = ArchiveHistory(kept.directory, "demo", "one", say=lambda _: None)
    assert len(history.runs(0, NOW + 60)) == 81


def test_a_clock_that_jumps_back_makes_nothing_old(kept: Kept) -> None:
    kept.keep(record("a", NOW))
    kept.keep(record("b", 5), now=5)
    assert set(kept.ids()) == {"a", "b"}
    kept.keep(record("c", NOW + 1), now=NOW + 1)
    assert kept.ids() == ["a", "c"]


def test_after_a_long_pause_the_bound_holds_with_the_second_run(kept: Kept) -> None:
    kept.keep(record("a", NOW))
    later = NOW + 200 * DAY
    kept.keep(record("b", later), now=later)
    kept.keep(record("c", later + 60), now=later + 60)
    assert kept.ids() == ["b", "c"]


def test_files_of_others_and_broken_ones_stay_as_they_are(kept: Kept) -> None:
    old = layout.run_path(NOW - 5 * DAY, "broken")
    whole = layout.day_path(layout.day_of(NOW - 6 * DAY), ("demo", "one"))
    mine = layout.run_path(NOW - 6 * DAY, "mine")
    contents = {
        old: b"broken", whole: b"broken", mine: compact.encode(record("mine", NOW - 6 * DAY)),
        "runs/notes.txt": b"x", "other/" + old: b"x", "README.md": b"x",
        layout.run_path(NOW - 7 * DAY, "moved"): compact.encode(record("moved", NOW)),
        layout.run_path(NOW - 7 * DAY, "newer"): pack('{"format": "stackprobe-run/2"}'),
    }  # fmt: skip
    for path, data in contents.items():
        (kept.directory / path).parent.mkdir(parents=True, exist_ok=True)
        (kept.directory / path).write_bytes(data)
    change = kept.keep(record("a", NOW))
    assert not change.removed and len(change.written) == 1
    assert {path: (kept.directory / path).read_bytes() for path in contents} == contents
    assert len(change.notes) == 4 and all("left as it is" in note for note in change.notes)


def test_a_kill_between_writing_and_removing_loses_and_doubles_nothing(kept: Kept) -> None:
    kept.keep(record("a", NOW - 3 * DAY), record("b", NOW - 3 * DAY + 60), now=NOW - 3 * DAY + 100)
    apply(kept.directory, Change(written=kept.planned([record("c", NOW)]).written))  # killed before the second half
    assert kept.ids() == ["a", "b", "c"] and len(kept.files) == 4
    kept.keep(record("d", NOW + 1))
    assert kept.ids() == ["a", "b", "c", "d"] and len(kept.files) == 3
