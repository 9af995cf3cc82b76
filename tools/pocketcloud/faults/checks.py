"""What rules of every kind are made of: on which occurrences one acts, and the checks of its values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class FaultsError(ValueError):
    """The file does not say what it must; the text names the rule and what is wrong with it."""


@dataclass(frozen=True)
class When:
    """On which occurrences of a match a rule acts; on all of them when it says nothing."""

    nth: frozenset[int] | None = None
    times: int | None = None

    def acts(self, occurrence: int) -> bool:
        """Whether the rule acts on this occurrence, counted from 1."""
        if self.nth is not None:
            return occurrence in self.nth
        return self.times is None or occurrence <= self.times


def keys(item: dict[str, Any], known: set[str]) -> None:
    """Every key is one of these. Raises FaultsError, as all functions here do."""
    unknown = sorted(set(item) - known)
    if unknown:
        raise FaultsError(f"unknown key {', '.join(unknown)} (known: {', '.join(sorted(known))})")


def one_of(value: Any, what: str, known: Iterable[str]) -> str:
    """One of these words."""
    words = list(known)
    if not isinstance(value, str) or value not in words:
        raise FaultsError(f"{what} must be one of {', '.join(words)}, not {value!r}")
    return value


def flag(item: dict[str, Any], name: str) -> bool:
    """True or false; false when it is not given."""
    value = item.get(name, False)
    if not isinstance(value, bool):
        raise FaultsError(f"{name} must be true or false")
    return value


def number(value: Any, what: str, least: float = 0) -> float:
    """A number that is not below the least."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
        raise FaultsError(f"{what} must be a number of at least {least:g}, not {value!r}")
    return float(value)


def whole(value: Any, what: str, least: int) -> int:
    """A whole number that is not below the least."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise FaultsError(f"{what} must be a whole number of at least {least}, not {value!r}")
    return value


def delay(item: dict[str, Any]) -> tuple[float, float] | None:
    """What `delay` says: from and to, in seconds; None when it is not given."""
    value = item.get("delay")
    if value is None:
        return None
    if isinstance(value, list):
        if len(value) != 2:
            raise FaultsError("delay must be seconds or [from, to]")
        low, high = (number(end, "delay") for end in value)
        if high < low:
            raise FaultsError("delay: the second number must not be below the first")
        return low, high
    seconds = number(value, "delay")
    return seconds, seconds


def pattern(value: Any, what: str) -> re.Pattern[str]:
    """A regular expression."""
    if not isinstance(value, str):
        raise FaultsError(f"{what} must be a regular expression, not {value!r}")
    try:
        return re.compile(value)
    except re.error as error:
        raise FaultsError(f"{what}: {error}") from None


def when(item: dict[str, Any]) -> When:
    """What `nth` and `times` say."""
    if "nth" in item and "times" in item:
        raise FaultsError("nth and times exclude each other")
    if "nth" in item:
        value = item["nth"]
        values = value if isinstance(value, list) else [value]
        return When(nth=frozenset(whole(one, "nth", 1) for one in values))
    if "times" in item:
        return When(times=whole(item["times"], "times", 1))
    return When()
