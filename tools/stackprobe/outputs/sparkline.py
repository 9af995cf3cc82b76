"""A trend as a small drawing beside a number: an inline SVG that needs no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, EDGE = 88, 20, 3


@dataclass(frozen=True)
class Sparkline:
    """Earlier values and the present one, in the coordinates of a drawing of `WIDTH` by `HEIGHT`.

    :ivar points: of the line, as SVG wants them.
    :ivar last: where the present value is, if there is one.
    :ivar runs: earlier values; ``median`` of them.
    """

    points: str
    last: tuple[float, float] | None
    runs: int
    median: float


def sparkline(past: Sequence[float], now: float | None) -> Sparkline | None:
    """The drawing; None where fewer than two values are known."""
    values = [*past, *([] if now is None else [now])]
    if len(values) < 2 or not past:
        return None
    ordered = sorted(past)
    # From zero, so that a step that takes 5 % longer does not look like one that takes ten times as long.
    most = max(values) or 1.0
    step = (WIDTH - 2 * EDGE) / (len(values) - 1)
    places = [
        (round(EDGE + index * step, 1), round(HEIGHT - EDGE - max(value, 0.0) / most * (HEIGHT - 2 * EDGE), 1))
        for index, value in enumerate(values)
    ]
    points = " ".join(f"{x:g},{y:g}" for x, y in places)
    return Sparkline(points, None if now is None else places[-1], len(past), ordered[(len(ordered) - 1) // 2])
