"""Reading figures back from graphite-web, to know what was really stored."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from enum import Enum

from stackprobe.graphite.points import Point
from stackprobe.history.render import RenderClient, RenderFailed, batches

#: How far around a point to look, seconds: until its slot is seen. Old points lie in archives of coarser steps.
WINDOWS_S = (120, 7200, 4 * 86400)

Slot = tuple[int, float | None]


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
    :raises stackprobe.errors.UsageError: the address is none.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        self._client = RenderClient(url, timeout_s)

    def check(self, points: Sequence[Point]) -> dict[Point, Stored]:
        """What Graphite has of each point.

        :raises ReadBackFailed: it does not answer.
        """
        try:
            return self._check(points)
        except RenderFailed as error:
            raise ReadBackFailed(str(error)) from error

    def _check(self, points: Sequence[Point]) -> dict[Point, Stored]:
        found: dict[Point, Stored] = dict.fromkeys(points, Stored.NO)
        by_second: dict[int, list[Point]] = defaultdict(list)
        for point in points:
            by_second[point.t].append(point)
        for t, group in by_second.items():
            for batch in batches(group):
                found.update(self._values(t, batch))
        visible = [point for point, state in found.items() if state is Stored.YES]
        existing = self._client.existing(sorted({point.name for point in visible}))
        for point in visible:
            if point.name not in existing:
                found[point] = Stored.MEMORY
        return found

    def _values(self, t: int, points: Sequence[Point]) -> dict[Point, Stored]:
        found: dict[Point, Stored] = {}
        left = {point.name: point for point in points}
        for window_s in WINDOWS_S:
            answer = self._client.render(list(left), t - window_s, t + window_s)
            series = {one.name: one.slots for one in answer}
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


def _at(slots: Sequence[Slot], t: int) -> tuple[bool, float | None]:
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
