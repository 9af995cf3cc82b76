"""Reading one field of a journal record, whatever a foreign or later version put there.

A report has to come out of any journal, so a value of the wrong type becomes the default and never an exception.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

_LARGEST = 1e15
#: Characters of a text that is kept once, however often a journal has it: names, methods, addresses.
_SHARED = 120
_YEAR_9999_T = 253_370_764_800


def text(fields: Mapping[str, Any], name: str) -> str | None:
    """A text, or None; numbers are taken as their text."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    found = str(value)
    return sys.intern(found) if len(found) <= _SHARED else found


def number(fields: Mapping[str, Any], name: str) -> float | None:
    """A number of sensible size, or None."""
    value = fields.get(name)
    if value is None or isinstance(value, bool) or not isinstance(value, (int, float)):  # a union is slower
        return None
    return value if -_LARGEST <= value <= _LARGEST else None


def moment(fields: Mapping[str, Any], name: str) -> float | None:
    """Unix seconds that a calendar has, or None."""
    value = number(fields, name)
    return value if value is not None and 0 <= value < _YEAR_9999_T else None


def duration(fields: Mapping[str, Any], name: str) -> float | None:
    """A duration, or None; a clock that was set back must not give a negative one."""
    value = number(fields, name)
    return None if value is None else max(value, 0)


def integer(fields: Mapping[str, Any], name: str) -> int | None:
    """A whole number, or None."""
    value = number(fields, name)
    return None if value is None else int(value)


def flag(fields: Mapping[str, Any], name: str, default: bool = False) -> bool:
    """A truth value."""
    value = fields.get(name, default)
    return value if isinstance(value, bool) else default


def texts(fields: Mapping[str, Any], name: str) -> list[str]:
    """A list of texts, empty where there is none."""
    value = fields.get(name)
    return [str(part) for part in value] if isinstance(value, list) else []


def numbers(fields: Mapping[str, Any], name: str) -> dict[str, float]:
    """A mapping of texts to numbers, without what is none."""
    value = fields.get(name)
    found = {str(key): number(value, key) for key in value} if isinstance(value, dict) else {}
    return {key: one for key, one in found.items() if one is not None}
