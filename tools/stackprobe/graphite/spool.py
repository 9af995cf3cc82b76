"""Figures that wait for their delivery, on disk: one file a run, oldest first, one directory a destination."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackprobe.address import Address
from stackprobe.errors import UsageError
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
        path = self.directory / f"{min(point.t for point in points):012d}-{digest}.metrics"
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
        deadline = time.monotonic() + patience_s
        with open(self.directory / "lock", "w") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise SpoolBusy(str(self.directory)) from None
                    time.sleep(0.1)
            yield

    def items(self) -> list[Item]:
        """What waits, oldest run first. Files that are none of ours, or too old or too many, are given up loudly."""
        self._bound()
        found = []
        for path in self._files():
            try:
                points = parse_points(path.read_text(), path)
            except (UsageError, UnicodeDecodeError) as error:
                aside = path.with_suffix(".unreadable")
                self._say(f"put aside as {aside.name}, it cannot be read: {error}")
                path.replace(aside)
                continue
            found.append(Item(path, path.stem.partition("-")[2], points))
        return found

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
        sizes = {path: os.stat(path).st_size for path in self._files()}
        oldest = time.time() - OLDEST_S
        for path in list(sizes):
            total, started = sum(sizes.values()), path.stem.partition("-")[0]
            too_old = started.isdecimal() and int(started) < oldest
            if too_old or total > LARGEST_BYTES:
                why = f"older than {OLDEST_S // 86400} days" if too_old else f"more than {LARGEST_BYTES >> 20} MiB wait"
                self._say(f"GIVEN UP: the figures of {path.name} ({sizes.pop(path)} bytes): {why}")
                path.unlink(missing_ok=True)
