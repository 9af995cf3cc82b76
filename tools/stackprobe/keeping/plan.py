"""What changes in an archive when runs are added to it: their records, days that are over, and what is too much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from stackprobe.errors import UsageError
from stackprobe.history import compact, layout
from stackprobe.history.archive import FUTURE_S
from stackprobe.history.batch import OneRun, Unusable
from stackprobe.history.day import Day, merge
from stackprobe.history.layout import DAY_S

#: By so much the newest run that is there may be older than the clock says, before the clock is not believed, seconds.
#: A clock that jumps ahead must not make everything old.
PAUSE_S = 7 * DAY_S

Record = dict[str, Any]


@dataclass(frozen=True)
class Bounds:
    """How much is kept.

    :ivar days: runs that started longer ago are removed.
    :ivar size_bytes: the oldest are removed until all files together have no more.
    """

    days: float
    size_bytes: int


@dataclass
class Change:
    """What changes.

    :ivar written: files to write, by path; ``removed``: files to remove afterwards.
    :ivar notes: what an operator should know.
    """

    written: dict[str, bytes] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.written or self.removed)


def plan(
    files: Mapping[str, int], read: Callable[[str], bytes], records: Sequence[Record], bounds: Bounds, now_t: float
) -> Change:
    """What to change.

    :param files: the bytes of every file that is there, by path; ``read`` gives what is in one. Files that are none of
        an archive's are left alone.
    :param records: compact records of the runs to add.
    :raises UsageError: one of them is larger than everything may be.
    """
    ours = {path: place for path in files if (place := layout.parse(path)) is not None and layout_is_exact(path)}
    change = Change()
    believed_t = _believed(ours, now_t)
    _add(ours, read, records, believed_t - bounds.days * DAY_S, change)
    _age(ours, believed_t - bounds.days * DAY_S, bounds, change)
    _roll_up(ours, read, believed_t, change)
    _shrink({path: files[path] for path in ours}, bounds, change)
    change.removed -= change.written.keys()
    return change


def layout_is_exact(path: str) -> bool:
    """Whether a path begins as one of an archive does: others may be called alike further down."""
    return path.startswith(("runs/", "days/"))


def _believed(ours: Mapping[str, layout.Place], now_t: float) -> float:
    """The time by which ages are judged: the clock's, but not far behind the newest run that is there."""
    known = [place.from_t for place in ours.values() if place.from_t <= now_t + FUTURE_S]
    return min(now_t, max(known) + DAY_S + PAUSE_S) if known else now_t


def _add(
    ours: Mapping[str, layout.Place],
    read: Callable[[str], bytes],
    records: Sequence[Record],
    oldest_t: float,
    change: Change,
) -> None:
    for record in records:
        path, data = compact.path_of(record), compact.encode(record)
        if record["start_t"] < oldest_t:
            change.notes.append(f"the run {record['run_id']} is older than what is kept")
        elif not _is_there(record, path, data, ours, read):
            change.written[path] = data


def _is_there(
    record: Record, path: str, data: bytes, ours: Mapping[str, layout.Place], read: Callable[[str], bytes]
) -> bool:
    if path in ours:
        return read(path) == data
    whole = layout.day_path(layout.day_of(record["start_t"]), compact.place(record))
    if whole not in ours:
        return False
    try:
        day = Day(read(whole))
    except Unusable:
        return False
    run = compact.one_run(record)
    for index, one in enumerate(day.runs):
        if one == run.runs[0]:
            kept = {name: values[index] for name, values in day.columns(lambda _: True) if values[index] is not None}
            return kept == run.figures
    return False


def _age(ours: Mapping[str, layout.Place], oldest_t: float, bounds: Bounds, change: Change) -> None:
    old = {path for path, place in ours.items() if place.until_t < oldest_t}
    if old:
        change.removed |= old
        change.notes.append(f"{len(old)} files of runs older than {bounds.days:g} days are removed")


def _roll_up(ours: Mapping[str, layout.Place], read: Callable[[str], bytes], believed_t: float, change: Change) -> None:
    """Put the runs of days that are over, with a day's grace for late ones, into one file each."""
    last = layout.day_of(max(believed_t, 0)) - timedelta(days=2)
    groups: dict[tuple[date, tuple[str, str]], list[tuple[str, OneRun]]] = defaultdict(list)
    for path in sorted(ours.keys() | change.written.keys()):
        place = layout.parse(path)
        if place is None or place.day is not None or path in change.removed or layout.day_of(place.from_t) > last:
            continue
        try:
            run = compact.decode(change.written[path] if path in change.written else read(path))
            if run.runs[0].t != place.from_t:
                raise Unusable("it is not what its name says")
        except Unusable as error:
            change.notes.append(f"{path}: {error}: left as it is")
            continue
        groups[layout.day_of(place.from_t), run.of].append((path, run))
    for (day, of), found in groups.items():
        whole = layout.day_path(day, of)
        try:
            before = [Day(read(whole))] if whole in ours else []
        except Unusable as error:
            change.notes.append(f"{whole}: {error}: left as it is")
            continue
        data = merge(of, [*before, *(run for _, run in found)])
        for path, _ in found:
            change.written.pop(path, None)
            if path in ours:
                change.removed.add(path)
        change.written[whole] = data


def _shrink(sizes: Mapping[str, int], bounds: Bounds, change: Change) -> None:
    after = {path: size for path, size in sizes.items() if path not in change.removed}
    after |= {path: len(data) for path, data in change.written.items()}
    total, count = sum(after.values()), 0
    for path in sorted(after, key=lambda one: (_begin(one), one)):
        if total <= bounds.size_bytes:
            break
        if path in change.written and len(change.written[path]) > bounds.size_bytes:
            raise UsageError(
                f"a run takes {len(change.written[path])} bytes, and no more than {bounds.size_bytes} are kept",
                remedy="give a larger --keep-size",
            )
        total -= after[path]
        count += 1
        change.written.pop(path, None)
        if path in sizes:
            change.removed.add(path)
    if count:
        change.notes.append(f"{count} files of the oldest runs are removed: all have {bounds.size_bytes >> 20} MiB")


def _begin(path: str) -> int:
    place = layout.parse(path)
    return place.from_t if place else 0
