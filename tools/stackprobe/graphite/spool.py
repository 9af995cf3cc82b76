"""Figures that wait for their delivery, on disk: one file a run, oldest first, one directory a destination."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackprobe.address import Address
from stackprobe.errors import UsageError
from stackprobe.filelock import locked
from stackprobe.graphite.points import Point, parse_points
from stackprobe.outputs.atomic import write_atomically

#: Most that waits for one destination, bytes. A run of six scenarios is 30 kB, so this is about two thousand runs.
LARGEST_BYTES = 64 * 1024 * 1024
#: Figures older than this are given up, seconds: Graphite would put them into its coarse archives at best.
OLDEST_S = 14 * 24 * 3600
#: How many delivered runs are remembered, so that sending one again does nothing.
REMEMBERED = 2000


def waits(directory: Path) -> bool:
    """Whether figures wait in a directory of spools, for whatever destination."""
    return any(directory.glob("*/*.metrics"))


def waiting_elsewhere(spools: Sequence[Spool]) -> list[Path]:
    """Where figures wait beside these spools, for destinations that are none of theirs."""
    own = {spool.directory for spool in spools}
    found = {file.parent for root in {one.parent for one in own} for file in root.glob("*/*.metrics")}
    return sorted(found - own)


class SpoolBusy(Exception):
    """Another sender works on this spool."""


@dataclass(frozen=True)
class Item:
    """The waiting figures of one run."""

    path: Path
    digest: str
    points: list[Point]


class Spool:
    """Figures that wait for one destination.

    A run is added by writing one file and renaming it into place, and leaves by being remembered as delivered and then
    removed: a kill in between sends it once more, which changes nothing in Graphite. Bounded in size and age; what is
    given up is said, never silent.

    :param say: gets a line for everything that is given up or skipped.
    :param kind: tells apart two destinations of one address.
    :raises UsageError: the directory cannot be made.
    """

    def __init__(self, directory: Path, address: Address, say: Callable[[str], None], kind: str = "") -> None:
        place = f"{address.host.replace(':', '-').replace('%', '-')}_{address.port}"
        self.directory = directory / (f"{place}_{kind}" if kind else place)
        self._say = say
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"the spool cannot be made: {error.strerror}", file=self.directory, remedy="give another --spool"
            ) from error

    def add(self, points: Sequence[Point], again: bool = False) -> bool:
        """Put a run's figures at their place in the queue.

        :param again: also when they were delivered before.
        :returns: False when they are known already: waiting, or delivered.
        """
        if not points:
            return False
        text = "".join(f"{point}\n" for point in points)
        digest = hashlib.sha256(text.encode()).hexdigest()[:24]
        if any(item.name.endswith(f"-{digest}.metrics") for item in self._files()):
            return False
        if not again and digest in self._delivered():
            return False
        start = f"{min(point.t for point in points):012d}"
        number = 1 + max((_number(item) for item in self._files() if item.name.startswith(start)), default=0)
        path = self.directory / f"{start}.{number:04d}-{digest}.metrics"
        try:
            write_atomically(path, text.encode())
        except OSError as error:
            raise UsageError(
                f"the spool cannot be written: {error.strerror}", file=path, remedy="check permissions and free space"
            ) from error
        return True

    @contextlib.contextmanager
    def locked(self, patience_s: float) -> Iterator[None]:
        """Work on the queue alone. The kernel frees the lock when its holder dies.

        :raises SpoolBusy: another sender held it all the time.
        """
        with locked(self.directory / "lock", patience_s, SpoolBusy(str(self.directory))):
            yield

    def items(self) -> list[Item]:
        """What waits, oldest run first. Files that are none of ours, or too old or too many, are given up loudly.

        Of two reports of one run the later one holds: what it says too is left out of the earlier one.
        """
        self._bound()
        found = []
        for path in self._files():
            try:
                points = parse_points(path.read_text(), path)
            except FileNotFoundError:  # whoever holds the lock has delivered it meanwhile
                continue
            except (UsageError, UnicodeDecodeError) as error:
                aside = path.with_suffix(".unreadable")
                self._say(f"put aside as {aside.name}, it cannot be read: {error}")
                path.replace(aside)
                continue
            found.append(Item(path, path.stem.partition("-")[2], points))
        return _without_superseded(found)

    def keep(self, item: Item, points: Sequence[Point]) -> Item:
        """Replace what waits of a run by what is left of it."""
        write_atomically(item.path, "".join(f"{point}\n" for point in points).encode())
        return Item(item.path, item.digest, list(points))

    def done(self, item: Item) -> None:
        """A run is delivered."""
        remembered = [*self._delivered(), item.digest][-REMEMBERED:]
        write_atomically(self.directory / "delivered.json", json.dumps(remembered).encode())
        item.path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return sorted(self.directory.glob("*.metrics"))

    def _delivered(self) -> list[str]:
        try:
            stored = json.loads((self.directory / "delivered.json").read_text())
        except (OSError, ValueError):
            return []
        return [str(entry) for entry in stored] if isinstance(stored, list) else []

    def _bound(self) -> None:
        sizes: dict[Path, int] = {}
        for path in self._files():
            with contextlib.suppress(FileNotFoundError):
                sizes[path] = os.stat(path).st_size
        oldest = time.time() - OLDEST_S
        for path in list(sizes):
            total, started = sum(sizes.values()), _start(path)
            too_old = started.isdecimal() and int(started) < oldest
            if too_old or total > LARGEST_BYTES:
                why = f"older than {OLDEST_S // 86400} days" if too_old else f"more than {LARGEST_BYTES >> 20} MiB wait"
                self._say(f"GIVEN UP: the figures of {path.name} ({sizes.pop(path)} bytes): {why}")
                path.unlink(missing_ok=True)


def _start(path: Path) -> str:
    """The second of a file's run, as its name has it: ``000000001700.0001-digest.metrics``."""
    return path.stem.partition("-")[0].partition(".")[0]


def _number(path: Path) -> int:
    """Which report of its run a file is."""
    number = path.stem.partition("-")[0].partition(".")[2]
    return int(number) if number.isdecimal() else 0


def _without_superseded(items: list[Item]) -> list[Item]:
    """The same items; where several are of one second, each figure stands in the last one only that has it."""
    kept = []
    for _, group in itertools.groupby(items, lambda item: _start(item.path)):
        reports = list(group)
        later: set[tuple[str, int]] = set()
        for index in range(len(reports) - 1, -1, -1):
            item = reports[index]
            if later:
                points = [point for point in item.points if (point.name, point.t) not in later]
                reports[index] = Item(item.path, item.digest, points)
            if len(reports) > 1:
                later |= {(point.name, point.t) for point in item.points}
        kept += reports
    return kept
