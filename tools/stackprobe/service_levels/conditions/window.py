"""The stretch of time that a condition looks at, as the configuration says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackprobe.errors import UsageError
from stackprobe.service_levels.conditions.base import Judgement, Mistake
from stackprobe.spans import parse_span, span

LONGEST_WINDOW_S = 90 * 86400.0
DEFAULT_MINIMUM = 5


def seconds(given: Mapping[str, Any], key: str) -> float | None:
    """``24h`` in seconds, None where the key is left out.

    :raises Mistake: it is no span of time.
    """
    if key not in given:
        return None
    try:
        return parse_span(str(given[key]), f"`{key}`")
    except UsageError as error:
        raise Mistake((key,), error.message, error.remedy) from None


def window(given: Mapping[str, Any]) -> float | None:
    """The value of ``window`` in seconds, None without one: then a condition looks at one run alone.

    :raises Mistake: it is no span of time, too long, or another key needs it.
    """
    found = seconds(given, "window")
    if found is None and "minimum" in given:
        raise Mistake(
            ("minimum",), "`minimum` counts values of a window, and there is none", "add `window` or remove `minimum`"
        )
    if found is not None and found > LONGEST_WINDOW_S:
        raise Mistake(("window",), f"a window of {span(found)} is too long", f"give {span(LONGEST_WINDOW_S)} at most")
    return found


def over(window_s: float | None) -> str:
    """How a reason calls what was looked at."""
    return "in this run" if window_s is None else f"over {span(window_s)}"


def too_few(count: float, minimum: int, window_s: float, what: str) -> Judgement:
    """Not judged yet: after a cold start, or where a subject is rarely measured."""
    return Judgement(None, f"cold start: {count:g} of at least {minimum} {what} {over(window_s)}")
