"""How the figures of a run are called in Graphite: one module a naming, each a view of the results model.

A module that is listed here has ``points(results, prefix)``: name and value of every series, each name once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from stackprobe.namings import apimon, stackprobe, tags
from stackprobe.results import Results

DEFAULT = "stackprobe"
NAMINGS: dict[str, Callable[[Results, str | None], Iterator[tuple[str, float]]]] = {
    "stackprobe": stackprobe.points,
    "apimon": apimon.points,
    "tags": tags.points,
}


def points(results: Results, names: Sequence[str] = (), prefix: str | None = None) -> Iterator[tuple[str, float]]:
    """Name and value of every series of these namings, in their order, each once.

    :param names: by default those that the run says; one that is not known here is left out.
    :param prefix: the first parts of every name; None: as each naming has it.
    """
    for name in dict.fromkeys(names or results.metrics_naming or (DEFAULT,)):
        if name in NAMINGS:
            yield from NAMINGS[name](results, prefix)


__all__ = ["DEFAULT", "NAMINGS", "points"]
