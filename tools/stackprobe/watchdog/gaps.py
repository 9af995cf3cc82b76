"""Where runs are missing in a row of times."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Gap:
    """A stretch without runs, from the one before it to the one after it, unix seconds.

    :ivar missing: how many runs should have been in it.
    """

    from_t: float
    until_t: float
    missing: int


def gaps(times: Sequence[float], every_s: float, longest_s: float) -> list[Gap]:
    """Neighbours that are further apart than ``longest_s``, in the order of time."""
    ordered = sorted(times)
    return [
        Gap(before, after, missing(after - before, every_s))
        for before, after in itertools.pairwise(ordered)
        if after - before > longest_s
    ]


def missing(seconds: float, every_s: float) -> int:
    """How many runs are missing between two that are so far apart."""
    return max(round(seconds / every_s) - 1, 1)
