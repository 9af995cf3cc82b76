"""A history that is read from a directory of past runs.

Three kinds of files below it are read, and may stand side by side: compact records of one run, files of a day (both see
:mod:`stackprobe.history.layout`), and plain output directories with their ``journal.jsonl``. A run that is there
several times counts once. What cannot be read, and what says that it is from the future, is left out and told.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.history import compact, layout
from stackprobe.history.batch import Batch, Unusable, number, parse_object
from stackprobe.history.day import Day
from stackprobe.history.model import HistoryUnavailable, PastRun, Sample
from stackprobe.history.patterns import matcher
from stackprobe.journal import FILENAME
from stackprobe.metricname import part
from stackprobe.outputs.clean import one_line

#: What starts later than so many seconds from now is from the future.
FUTURE_S = 3600
#: Largest file that is read, bytes, packed as it is.
LARGEST_BYTES = 64 * 1024 * 1024
#: So many files are held in memory once they are read: those of a day, and others.
HELD_DAYS, HELD_RUNS = 32, 2000


@dataclass(frozen=True)
class _Source:
    """A file, and between which moments its runs started (unix seconds)."""

    path: Path
    from_t: float
    until_t: float
    day: bool = False


@dataclass(frozen=True)
class _Chosen:
    """Runs of one batch that are asked for: indexes and moments."""

    batch: Batch
    rows: list[tuple[int, int]]


class ArchiveHistory:
    """The runs on one cloud and region that lie below a directory. It is looked through once, at the first question.

    :param cloud: what the cloud is called in metrics.
    :param region: what the region is called in metrics; None: the only one there is.
    :param say: is told what is left out, each once; by default on standard error.
    """

    def __init__(
        self, directory: Path, cloud: str, region: str | None = None, *, say: Callable[[str], None] | None = None
    ) -> None:
        self.directory = directory
        self._cloud, self._region = part(cloud), None if region is None else part(region)
        self._say = say or _to_stderr
        self._said: set[str] = set()
        self._sources: list[_Source] | None = None
        self._held: dict[bool, OrderedDict[Path, Batch | None]] = {True: OrderedDict(), False: OrderedDict()}

    def figures(self, patterns: Sequence[str], since_t: float, until_t: float) -> dict[str, list[Sample]]:
        """See :class:`stackprobe.history.model.History`.

        :raises HistoryUnavailable: the directory cannot be read, or no region was named and there are several.
        """
        matches = matcher(patterns)
        found: dict[str, list[Sample]] = {}
        for chosen in self._chosen(since_t, until_t):
            for figure, values in chosen.batch.columns(matches):
                samples = [Sample(t, value) for index, t in chosen.rows if (value := values[index]) is not None]
                if samples:
                    found.setdefault(figure, []).extend(samples)
        return {figure: sorted(found[figure], key=lambda sample: sample.t) for figure in sorted(found)}

    def runs(self, since_t: float, until_t: float) -> list[PastRun]:
        """See :class:`stackprobe.history.model.History`.

        :raises HistoryUnavailable: see :meth:`figures`.
        """
        found = [chosen.batch.runs[index] for chosen in self._chosen(since_t, until_t) for index, _ in chosen.rows]
        return sorted(found, key=lambda run: run.t)

    def _chosen(self, since_t: float, until_t: float) -> list[_Chosen]:
        """Each run of the cloud and region in a window once."""
        now_t = time.time()
        found: list[_Chosen] = []
        seen: dict[str, int] = {}
        regions: set[str] = set()
        for source in self._index():
            batch = self._read(source) if since_t <= source.until_t and source.from_t <= until_t else None
            if batch is None or batch.of[0] != self._cloud or self._region not in (None, batch.of[1]):
                continue
            rows = []
            for index, run in enumerate(batch.runs):
                run_id, name = run.run_id or "", self._name(source.path)
                if not since_t <= run.t <= until_t:
                    continue
                if run.t > now_t + FUTURE_S:
                    self._tell(f"{name}: the run {run_id} is from the future: left out")
                elif run_id not in seen:
                    seen[run_id] = run.t
                    regions.add(batch.of[1])
                    rows.append((index, run.t))
                elif seen[run_id] != run.t:
                    self._tell(f"{name}: the run {run_id} is there with another start: left out")
            found.append(_Chosen(batch, rows))
        if len(regions) > 1:
            names = ", ".join(sorted(regions))
            raise HistoryUnavailable(
                f"{self.directory} has runs on several regions of {self._cloud}: name one of {names}"
            )
        return found

    def _index(self) -> list[_Source]:
        """Every file that may hold runs: records first, since they may be newer than what their day's file says."""
        if self._sources is None:
            self._sources = sorted(
                self._scan(),
                key=lambda source: (source.day, source.path.name == FILENAME, source.from_t, str(source.path)),
            )
        return self._sources

    def _scan(self) -> Iterator[_Source]:
        if not self.directory.exists():
            self._tell(f"{self.directory} is missing: no earlier run is known")
            return
        try:
            os.scandir(self.directory).close()
        except OSError as error:
            raise HistoryUnavailable(f"{self.directory} cannot be read: {error.strerror}") from error
        for top, folders, files in os.walk(self.directory, onerror=self._unreadable):
            folders[:] = [folder for folder in folders if not folder.startswith(".")]
            for name in files:
                path = Path(top, name)
                if name == FILENAME:
                    yield from self._journal(path)
                elif not name.startswith("."):
                    yield from self._record(path)

    def _record(self, path: Path) -> Iterator[_Source]:
        inside = path.relative_to(self.directory).as_posix()
        place = layout.parse(path.absolute().as_posix())
        if place is None:
            if inside.startswith(("runs/", "days/")) and "/" in inside:
                self._tell(f"{self._name(path)}: this is no file of past runs: left out")
        elif place.of is None or (place.of[0] == self._cloud and self._region in (None, place.of[1])):
            yield _Source(path, place.from_t, place.until_t, place.day is not None)

    def _journal(self, path: Path) -> Iterator[_Source]:
        """A plain run, unless its first line says that it was on another cloud or region."""
        try:
            with path.open("rb") as file:
                first = parse_object(file.readline(LARGEST_BYTES))
        except (OSError, Unusable):
            yield _Source(path, -math.inf, math.inf)  # reading it whole tells what is wrong
            return
        of, t = compact.place(first), number(first.get("t"))
        if of[0] == self._cloud and self._region in (None, of[1]):
            yield _Source(path, *((-math.inf, math.inf) if t is None else (math.floor(t), t)))

    def _read(self, source: _Source) -> Batch | None:
        """The runs of a file; None where they cannot be read, which is told."""
        held = self._held[source.day]
        if source.path not in held:
            held[source.path] = self._fresh(source)
            while len(held) > (HELD_DAYS if source.day else HELD_RUNS):
                held.popitem(last=False)
        held.move_to_end(source.path)
        return held[source.path]

    def _fresh(self, source: _Source) -> Batch | None:
        path = source.path
        try:
            if path.name == FILENAME:
                return compact.one_run(compact.compact_directory(path.parent))
            if path.stat().st_size > LARGEST_BYTES:
                raise Unusable(f"it is larger than {LARGEST_BYTES >> 20} MiB")
            data = path.read_bytes()
            return Day(data) if source.day else compact.decode(data)
        except Unusable as error:
            self._tell(f"{self._name(path)}: {error}: left out")
        except UsageError as error:
            self._tell(f"{self._name(path)}: {error.message}: left out")
        except OSError as error:
            self._tell(f"{self._name(path)}: it cannot be read: {error.strerror}: left out")
        return None

    def _name(self, path: Path) -> str:
        return one_line(path.relative_to(self.directory), 200)

    def _unreadable(self, error: OSError) -> None:
        self._tell(f"{error.filename}: it cannot be read: {error.strerror}: left out")

    def _tell(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._say(line)


def _to_stderr(line: str) -> None:
    print(f"history: {line}", file=sys.stderr, flush=True)
