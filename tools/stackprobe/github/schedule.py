"""When a scheduled run was due.

GitHub says which cron expression a run is of, and not the time that it stands for: that is the last one that matches.
A run that comes later than the next due time is taken for that one's, so the delay is a lower bound.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from cronsim import CronSim, CronSimError


def last_due(expression: str, now_t: float) -> float | None:
    """The last time until ``now_t`` (unix seconds) that a cron expression stands for, in UTC; None: it is malformed."""
    try:
        # what has no fraction is not taken as due itself, which it is
        now = datetime.fromtimestamp(now_t, UTC).replace(microsecond=1)
        return next(CronSim(expression, now, reverse=True)).timestamp()
    except (CronSimError, StopIteration, ValueError, OverflowError):
        return None


def due(event_file: str | Path, now_t: float) -> float | None:
    """When the run of an event was due, unix seconds; None: it is of no schedule."""
    try:
        event = json.loads(Path(event_file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    expression = event.get("schedule") if isinstance(event, dict) else None
    return last_due(expression, now_t) if isinstance(expression, str) else None
