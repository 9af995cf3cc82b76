"""``metrics.txt``: the figures of a run as lines of Graphite's plaintext protocol, ``name value unix_seconds``.

One run is one sample: every line carries the second at which the run started. It does not change when a report is made
again, so that sending twice writes the same points, and the series of one run line up for Graphite's functions. No name
stands twice. A value of the journal is written with all its digits. What the figures are called is told by the naming
that the run says (see :mod:`stackprobe.namings`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from stackprobe import namings
from stackprobe.namings import stackprobe
from stackprobe.namings.figures import RESERVED
from stackprobe.results import Results

__all__ = ["FILENAME", "RESERVED", "Point", "number", "points", "render"]

FILENAME = "metrics.txt"

Point = tuple[str, float]


def render(results: Results) -> str:
    """The lines; none when not even the cloud is known."""
    if not results.known:
        return ""
    timestamp = int(results.start_t)
    text = io.StringIO()
    text.writelines(f"{name} {number(value)} {timestamp}\n" for name, value in namings.points(results))
    return text.getvalue()


def points(results: Results) -> Iterator[Point]:
    """Name and value of every figure in the naming ``stackprobe``, each name once."""
    yield from stackprobe.points(results)


def number(value: float) -> str:
    """A value with all its digits, whole numbers without a fraction."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))
