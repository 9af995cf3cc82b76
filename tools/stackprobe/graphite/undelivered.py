"""Figures that wait for a later build, as a file that travels with the logs of a build that could not deliver them.

A CI that gives each build an empty workspace has no place for a spool. So a build publishes what it could not deliver,
the next one takes that over, adds its own, and publishes both when it cannot deliver either.

The file has the lines of ``metrics.txt``; where there are several destinations, those of each stand below a line
``# NAME``. It comes back from a log server, so what is no line of that kind is skipped.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from stackprobe.config.destinations import Destination
from stackprobe.errors import UsageError
from stackprobe.graphite.points import Point, parse_point
from stackprobe.graphite.spool import OLDEST_S, Spool
from stackprobe.outputs.atomic import write_atomically

#: Most bytes of such a file. A run of six scenarios is 30 kB, so this is about a thousand runs.
LARGEST_BYTES = 32 * 1024 * 1024
#: Points further in the future are garbage, seconds.
_FUTURE_S = 86400


_HEADING = "# "


def sections(texts: Iterable[str]) -> dict[str, str]:
    """The lines of such files by the destination that they are for; ``""``: for all that have no wish of their own."""
    found: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        name = ""
        for line in text.splitlines():
            if line.startswith(_HEADING):
                name = line.removeprefix(_HEADING).strip()
            else:
                found[name].append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def joined(parts: Mapping[str, Sequence[str]]) -> str:
    """The text of such a file, of the lines for each destination."""
    return "".join(_heading(name) + "".join(lines) for name, lines in sorted(parts.items()) if lines)


def _heading(name: str) -> str:
    return f"{_HEADING}{name}\n" if name else ""


def parse_lenient(text: str, say: Callable[[str], None]) -> list[Point]:
    """The points of a text that are not too old to be delivered, each name and second once.

    :param say: is told how many lines were skipped.
    """
    now = time.time()
    found: dict[tuple[str, int], Point] = {}
    skipped = 0
    for line in filter(str.strip, text.splitlines()):
        if line.startswith(_HEADING):
            continue
        point = parse_point(line)
        if point is None or not now - OLDEST_S < point.t < now + _FUTURE_S:
            skipped += 1
        else:
            found.setdefault((point.name, point.t), point)
    if skipped:
        say(f"{skipped} lines of earlier runs are skipped: no figures, or not of the last {OLDEST_S // 86400} days")
    return list(found.values())


def read_earlier(files: Iterable[Path], say: Callable[[str], None]) -> dict[str, list[Point]]:
    """The points of such files by destination, see :func:`sections`.

    One that is missing holds nothing; one that cannot be read is said, and passed over.
    """
    texts = []
    for file in files:
        try:
            with file.open("rb") as stream:
                data = stream.read(LARGEST_BYTES + 1)
        except FileNotFoundError:
            continue
        except OSError as error:
            say(f"{file}: the figures of earlier runs cannot be read: {error.strerror}")
            continue
        if len(data) > LARGEST_BYTES:
            say(f"{file}: only the first {LARGEST_BYTES >> 20} MiB are taken")
            data = data[: data.rindex(b"\n", 0, LARGEST_BYTES) + 1] if b"\n" in data[:LARGEST_BYTES] else b""
        texts.append(data.decode("utf-8", "replace"))
    return {name: parse_lenient(text, say) for name, text in sections(texts).items()}


def for_destination(earlier: Mapping[str, list[Point]], place: Destination) -> list[Point]:
    """Which of the figures of earlier runs a destination gets."""
    return [*(earlier.get("", []) if place.takes_all else []), *earlier.get(place.name, [])]


def for_nobody(earlier: Mapping[str, list[Point]], places: Iterable[Destination]) -> Iterator[tuple[str, int]]:
    """Figures of earlier runs that no destination gets: for which one they are, and how many."""
    known = {name for place in places for name in (place.name, *([""] if place.takes_all else []))}
    for name, points in earlier.items():
        if points and name not in known:
            yield name or "a destination without a naming of its own", len(points)


def add_earlier(spool: Spool, points: Sequence[Point]) -> int:
    """Put the figures of earlier runs into a spool, each run by itself, without those that wait there already.

    :returns: how many were new.
    """
    waiting = {(point.name, point.t) for item in spool.items() for point in item.points}
    runs: dict[int, list[Point]] = defaultdict(list)
    for point in points:
        if (point.name, point.t) not in waiting:
            waiting.add((point.name, point.t))
            runs[point.t].append(point)
    return sum(len(run) for _, run in sorted(runs.items()) if spool.add(run))


def write_undelivered(spools: Mapping[str, Spool], file: Path, say: Callable[[str], None]) -> int:
    """Write what waits in spools, oldest first, or remove the file where nothing does.

    :param spools: by the name of the destination; ``""`` for an only one that gets metrics.txt as it is.
    :returns: how many figures it holds.
    :raises UsageError: it cannot be written.
    """
    room = LARGEST_BYTES // len(spools)
    kept = {name: _newest(spool, room - len(_heading(name)), file, say) for name, spool in spools.items()}
    text = joined(kept)
    try:
        if text:
            write_atomically(file, text.encode())
        else:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"what was not delivered cannot be written: {error.strerror}",
            file=file,
            remedy="give another --undelivered",
        ) from error
    return sum(len(lines) for lines in kept.values())


def _newest(spool: Spool, most: int, file: Path, say: Callable[[str], None]) -> list[str]:
    """The newest lines that wait in a spool, so many bytes at most."""
    lines = [f"{point}\n" for item in spool.items() for point in item.points]
    size, kept = 0, len(lines)
    while kept and size + len(lines[kept - 1]) <= most:
        kept -= 1
        size += len(lines[kept])
    if kept:
        say(f"GIVEN UP: the {kept} oldest figures: {file.name} holds {LARGEST_BYTES >> 20} MiB at most")
    return lines[kept:]
