"""Lines of Graphite's plaintext protocol, read and written."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from stackprobe.errors import UsageError

_TAG = r"(?:;[A-Za-z0-9_.-]+=[A-Za-z0-9_.-]+)"
_LINE = re.compile(rf"(?P<name>[A-Za-z0-9_.-]+{_TAG}*) (?P<value>[0-9eE.+-]+) (?P<t>[0-9]+)")


@dataclass(frozen=True)
class Point:
    """One value of one series at one second.

    :ivar name: parts with dots between them, or Graphite's ``name;tag=value;…``.
    """

    name: str
    value: float
    t: int

    def __str__(self) -> str:
        return f"{self.name} {self.value!r} {self.t}"


def parse_points(text: str, file: Path) -> list[Point]:
    """The points of a file of lines ``name value unix_seconds``.

    :raises UsageError: a line is none; names its number.
    """
    points = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        point = parse_point(line)
        if point is None:
            raise UsageError(
                "this is not a line of Graphite's plaintext protocol",
                file=file,
                line=number,
                remedy="run `stackprobe report` on the directory to write the file again",
            )
        points.append(point)
    return points


def parse_point(line: str) -> Point | None:
    """The point of a line ``name value unix_seconds``, or None where it is none."""
    match = _LINE.fullmatch(line.strip())
    try:
        value = _number(match["value"]) if match else math.nan
    except ValueError:
        return None
    return Point(match["name"], value, int(match["t"])) if match and math.isfinite(value) else None


def _number(text: str) -> float:
    return int(text) if re.fullmatch(r"-?[0-9]+", text) else float(text)
