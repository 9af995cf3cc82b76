"""Flapping: good and bad in turns, so that no end of it can be believed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

CHANGES = 4
WITHIN = 10
"""So many changes between good and bad within so many last runs are flapping, unless a rule says otherwise."""


def flaps(good: Sequence[bool], changes: int = CHANGES, within: int = WITHIN) -> bool:
    """Whether the last of these verdicts, in the order of time, changed too often."""
    return sum(before is not after for before, after in itertools.pairwise(good[-within:])) >= changes
