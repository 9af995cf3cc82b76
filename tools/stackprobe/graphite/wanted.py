"""Which points of a run go to a destination."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from stackprobe import namings
from stackprobe.config.destinations import Destination
from stackprobe.graphite.points import Point
from stackprobe.metricname import part
from stackprobe.namings import stackprobe, tags
from stackprobe.results import Results, from_directory


def points_for(destination: Destination, directory: Path, written: list[Point]) -> list[Point]:
    """The points of a run as a destination calls them.

    :param written: those of metrics.txt, which are sent as they are where the destination has no wish of its own.
    :raises stackprobe.errors.UsageError: the run's journal cannot be read, which other names are made from.
    """
    if destination.takes_all:
        return written
    results = from_directory(directory)
    wanted = destination.naming or results.metrics_naming or (namings.DEFAULT,)
    t = int(results.start_t)
    found = [Point(name, value, t) for name, value in namings.points(results, wanted, destination.prefix)]
    return [*found, *_others(results, wanted, destination.prefix, written)] if results.known else []


def _others(results: Results, wanted: tuple[str, ...], prefix: str | None, written: list[Point]) -> Iterator[Point]:
    """What is in metrics.txt but not in the journal, such as the figures of a sweep."""
    own = {name for name, _ in namings.points(results)}
    root = ".".join(stackprobe.root_of(results))
    for point in written:
        rest = point.name.removeprefix(f"{root}.")
        if point.name in own or rest == point.name:
            continue
        if "stackprobe" in wanted:
            yield replace(point, name=".".join((*stackprobe.root_of(results, prefix), rest)))
        if "tags" in wanted:
            first = ".".join(part(piece) for piece in (prefix or results.metrics_prefix).split(".") if piece)
            yield replace(point, name=tags.named(f"{first}.{rest}", tags.common(results)))
