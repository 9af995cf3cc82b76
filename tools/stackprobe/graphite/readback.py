"""Reading figures back from graphite-web, to know what was really stored."""

from __future__ import annotations

import json
import math
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Any, TypeVar

from stackprobe.errors import UsageError
from stackprobe.graphite.points import Point

#: Series asked for in one request. Django takes a thousand fields at most.
BATCH = 250
#: How far around a point to look, seconds: until its slot is seen. Old points lie in archives of coarser steps.
WINDOWS_S = (120, 7200, 4 * 86400)

Slot = tuple[int, float | None]
T = TypeVar("T")


class ReadBackFailed(Exception):
    """graphite-web did not answer, or not as one."""


class Stored(Enum):
    """What Graphite has in the place of a point."""

    YES = "the value is there"
    MEMORY = "carbon has the value in memory, and may still drop it: its series does not exist yet"
    OTHER = "another value is there"
    NO = "nothing is there"


class ReadBack:
    """Asks one graphite-web.

    :param url: its base address.
    :param timeout_s: for one request.
    :raises UsageError: the address is none.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(
                f"the address {url!r} of graphite-web is malformed",
                remedy="give its base address, such as https://graphite.example.org",
            )
        self._url = url.rstrip("/")
        self._timeout_s = timeout_s

    def check(self, points: Sequence[Point]) -> dict[Point, Stored]:
        """What Graphite has of each point.

        :raises ReadBackFailed: it does not answer.
        """
        found: dict[Point, Stored] = dict.fromkeys(points, Stored.NO)
        by_second: dict[int, list[Point]] = defaultdict(list)
        for point in points:
            by_second[point.t].append(point)
        for t, group in by_second.items():
            for batch in _batches(group):
                found.update(self._values(t, batch))
        visible = [point for point, state in found.items() if state is Stored.YES]
        existing = self._existing({point.name for point in visible})
        for point in visible:
            if point.name not in existing:
                found[point] = Stored.MEMORY
        return found

    def _values(self, t: int, points: Sequence[Point]) -> dict[Point, Stored]:
        found: dict[Point, Stored] = {}
        left = {point.name: point for point in points}
        for window_s in WINDOWS_S:
            arguments = [("target", name) for name in left]
            arguments += [("from", str(t - window_s)), ("until", str(t + window_s))]
            arguments += [("format", "json"), ("noCache", "true")]
            answer = self._ask("/render", arguments)
            try:
                series = {str(entry["target"]): _slots(entry["datapoints"]) for entry in answer}
            except (TypeError, KeyError, ValueError) as error:
                raise ReadBackFailed(f"{self._url}/render answers in an unknown form") from error
            for name, point in list(left.items()):
                if name not in series:
                    found[left.pop(name)] = Stored.NO
                    continue
                known, value = _at(series[name], point.t)
                if known:
                    found[left.pop(name)] = _compare(value, point.value)
            if not left:
                break
        return found | {point: Stored.NO for point in left.values()}

    def _existing(self, names: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for batch in _batches(sorted(names)):
            try:
                answer = self._ask("/metrics/expand", [("leavesOnly", "1"), *(("query", name) for name in batch)])
                found.update(str(name) for name in answer["results"])
            except (TypeError, KeyError) as error:
                raise ReadBackFailed(f"{self._url}/metrics/expand answers in an unknown form") from error
        return found

    def _ask(self, path: str, arguments: list[tuple[str, str]]) -> Any:
        data = urllib.parse.urlencode(arguments).encode()
        try:
            with urllib.request.urlopen(f"{self._url}{path}", data, timeout=self._timeout_s) as answer:
                return json.load(answer)
        except (OSError, ValueError) as error:
            raise ReadBackFailed(f"{self._url}{path}: {error}") from error


def _slots(datapoints: list[list[Any]]) -> list[Slot]:
    return [(int(t), None if value is None else float(value)) for value, t in datapoints]


def _at(slots: list[Slot], t: int) -> tuple[bool, float | None]:
    """Whether the slot of a second is among these, and its value."""
    for index, (start, value) in enumerate(slots):
        if start > t:
            break
        step = slots[index + 1][0] - start if index + 1 < len(slots) else start - slots[index - 1][0] if index else 1
        if t < start + step:
            return True, value
    return False, None


def _compare(stored: float | None, sent: float) -> Stored:
    if stored is None:
        return Stored.NO
    # Some stores keep a shorter number than whisper's double.
    return Stored.YES if math.isclose(stored, sent, rel_tol=1e-6, abs_tol=1e-9) else Stored.OTHER


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
