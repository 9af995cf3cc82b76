"""The words and signs that terminal, pages, badges and issues have in common."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from stackprobe.maintenance import Window
from stackprobe.state.model import Availability, Incident, Level, Phase, Status

SIGNS = {
    Status.UP: "✓",
    Status.DEGRADED: "▲",
    Status.DOWN: "✕",
    Status.UNKNOWN: "?",
    Status.MAINTENANCE: "⚒",
}
STATUS_OF = {Level.UP: Status.UP, Level.DEGRADED: Status.DEGRADED, Level.DOWN: Status.DOWN}


def percent(value: float | None) -> str:
    """``99.98 %``; never rounded up, so that only what is whole is 100; a dash for nothing."""
    if value is None:
        return "–"
    floored = math.floor(value * 1000 + 1e-6) / 1000
    text = f"{floored:.3f}".rstrip("0").rstrip(".")
    return f"{text} %"


def coverage(found: Availability) -> str:
    """``known for 97 %``, of the window; rounded down."""
    share = math.floor(found.coverage_percent + 1e-6)
    return "known for less than 1 %" if found.known_s > 0 and share < 1 else f"known for {share} %"


def budget(found: Availability, objective_percent: float) -> str:
    """``62 % left``, ``overspent by 12 min``, or a dash."""
    left = found.left_percent(objective_percent)
    if left is None:
        return "–"
    if left < 0:
        return f"overspent by {span(found.bad_s - found.budget_s(objective_percent))}"
    return f"{math.floor(left)} % left"


def span(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3 h 20 min``, ``2 d 4 h``."""
    rest = max(round(seconds), 0)
    words: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if words and (not count or len(words) == 2 or unit == "s"):
            break
        if count or unit == "s":
            words.append(f"{count} {unit}")
    return " ".join(words)


def minute(t: float) -> str:
    """``2026-12-01 21:00``, in UTC."""
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%d %H:%M")


def day(t: float) -> str:
    """``2026-12-01``, in UTC."""
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%d")


def stretch(from_t: float, until_t: float | None, now_t: float) -> str:
    """``2026-12-01 21:00 to 23:10 UTC (2 h 10 min)``, ``since 2026-12-01 21:00 UTC (35 min)``."""
    if until_t is None:
        return f"since {minute(from_t)} UTC ({span(now_t - from_t)})"
    end = minute(until_t)
    end = end[11:] if end[:10] == minute(from_t)[:10] else end
    return f"{minute(from_t)} to {end} UTC ({span(until_t - from_t)})"


def incident(found: Incident, now_t: float) -> str:
    """``compute was down 2026-12-01 21:00 to 23:10 UTC (2 h 10 min): compute, server_groups``."""
    verb = "is" if found.until_t is None else "was"
    level = found.level if found.until_t is None else found.worst
    return (
        f"{found.service} {verb} {level.word} {stretch(found.from_t, found.until_t, now_t)}: {', '.join(found.causes)}"
    )


def phase(found: Phase, now_t: float) -> str:
    """``down 2026-12-01 21:00 to 23:10 UTC (2 h 10 min)``."""
    return f"{found.level.word} {stretch(found.from_t, found.until_t, now_t)}"


def window(found: Window) -> str:
    """``2026-12-01 21:00 to 23:00 UTC: Ceph upgrade (block-storage)``."""
    services = ", ".join(sorted(found.services)) or "all services"
    return f"{minute(found.from_t)} to {minute(found.until_t)} UTC: {found.reason} ({services})"
