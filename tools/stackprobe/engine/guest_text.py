"""What a guest says, made harmless: it is never trusted, neither in its size nor in what stands in it."""

from __future__ import annotations

import json
from typing import Any

from stackprobe.engine.classify import StepFailure
from stackprobe.outputs.clean import harmless

MOST_DEPTH = 32
"""Levels of JSON that are read."""
MOST_VALUES = 100_000
"""Values in one JSON text, in all."""
MOST_LINES = 10_000
_TOO_MUCH = 1e30


def text(data: bytes) -> str:
    """The text without invalid UTF-8, terminal sequences and control characters."""
    return harmless(data.decode("utf-8", "replace"))


def lines(text: str) -> list[str]:
    """Its lines without empty ones at the end; of more than a few thousand the first."""
    return text.rstrip().splitlines()[:MOST_LINES]


def parsed(data: bytes) -> Any:
    """What a JSON text says, in plain and bounded data.

    :raises StepFailure: it is no JSON, too deep, or too much.
    """
    try:
        found = json.loads(data.decode("utf-8", "replace"), parse_constant=_refuse)
    except RecursionError:
        raise StepFailure(f"the output is JSON of more than {MOST_DEPTH} levels") from None
    except ValueError as error:
        raise StepFailure(f"the output is no JSON: {error}; it is {_quoted(data)}") from None
    return _bounded(found)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _bounded(value: Any) -> Any:
    """The same with harmless texts. Looks level by level, since a recursion could be made to overflow."""
    count, level, depth = 0, [value], 0
    while level:
        count, depth = count + len(level), depth + 1
        if depth > MOST_DEPTH:
            raise StepFailure(f"the output is JSON of more than {MOST_DEPTH} levels")
        if count > MOST_VALUES:
            raise StepFailure(f"the output is JSON of more than {MOST_VALUES} values")
        level = [
            part
            for one in level
            if isinstance(one, dict | list)
            for part in (one.values() if isinstance(one, dict) else one)
        ]
    return _harmless(value)


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, dict):
        return {harmless(key): _harmless(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_harmless(one) for one in value]
    if isinstance(value, float | int) and not isinstance(value, bool) and not abs(value) < _TOO_MUCH:
        return None
    return value


def _quoted(data: bytes) -> str:
    shown = " ".join(text(data[:400]).split())
    return repr(shown[:120]) if shown else "empty"
