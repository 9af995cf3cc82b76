"""Spans of time as people write them: ``90s``, ``15m``, ``1h30m``, ``2d``."""

from __future__ import annotations

import re

from stackprobe.errors import UsageError

_PART = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_span(text: str, option: str) -> float:
    """``90s``, ``15m``, ``1h30m``, ``2d`` in seconds.

    :raises UsageError: it is none, or no time at all.
    """
    parts = _PART.findall(text)
    total = float(sum(int(count) * _UNITS_S[unit] for count, unit in parts))
    if not total or "".join(count + unit for count, unit in parts) != text:
        raise UsageError(f"`{text}` of {option} is no span of time", remedy="write it as 90s, 5m, 1h30m or 1d")
    return total


def span(seconds: float) -> str:
    """Seconds as people write them: ``45s``, ``5m``, ``1h30m``, ``2d``; two units at most."""
    rest = max(round(seconds), 0)
    words: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count or (unit == "s" and not words):
            words.append(f"{count}{unit}")
        elif words:
            break
        if len(words) == 2:
            break
    return "".join(words)
