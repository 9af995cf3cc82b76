"""The examples of the documentation, and the times that they must leave for a run and for what follows it."""

from __future__ import annotations

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = CHECKOUT / "doc" / "source" / "examples"
#: A run's own deadline, as all three examples set it, seconds.
DEADLINE_S = 1800
#: What `finish` may take: sweep, delivery, heartbeat and logout, seconds.
FINISH_S = 180 + 120 + 30 + 30
#: What a configuration may keep of the deadline for the teardown, by default, seconds.
TEARDOWN_S = 300


def seconds(text: str) -> float:
    """A span like 45 minutes, 8m or 10min."""
    number, unit = re.fullmatch(r"(\d+) ?(m|min|minutes)", text).groups()  # type: ignore[union-attr]
    assert unit, text
    return float(number) * 60
