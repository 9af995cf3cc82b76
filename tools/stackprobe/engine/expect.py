"""Expectations: what a scenario says about a value, and whether it holds.

``expect`` is a mapping of a dotted path to what must be found there: a plain value means equality, a mapping names
operators. A path that does not exist gives None; ``.`` is the value itself, ``#`` the length of a list or mapping::

    expect:
      status: ACTIVE
      ports.0.name: web
      size: {min: 1, max: 10}
      id: {matches: "^[0-9a-f-]{36}$"}
      tags: {contains: blue}
      "#": {min: 1}

A mapping that must be contained may have conditions in the place of values::

    expect:
      pools: {contains: {name: web, members: {contains: {state: {in: [up, down]}}}}}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackprobe.engine.classify import StepError


@dataclass(frozen=True)
class Checked:
    """One expectation and how it turned out."""

    name: str
    holds: bool
    expected: Any
    actual: Any

    def __str__(self) -> str:
        return f"{self.name}, but it is {_short(self.actual, 500)}"


def _equal(actual: Any, wanted: Any) -> bool:
    if isinstance(wanted, str) and isinstance(actual, int | float | bool):
        return str(actual) == wanted  # templated values arrive as text under ansible-core before 2.19
    return bool(actual == wanted)


def _number(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    def holds(actual: Any, wanted: Any) -> bool:
        try:
            return compare(float(actual), float(wanted))
        except (TypeError, ValueError):
            return False

    return holds


_OPERATORS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "is": ("is", _equal),
    "not": ("is not", lambda actual, wanted: not _equal(actual, wanted)),
    "in": ("is one of", lambda actual, wanted: any(_equal(actual, one) for one in wanted)),
    "contains": ("contains", lambda actual, wanted: actual is not None and _contains(actual, wanted)),
    "contains_all": (
        "contains",
        lambda actual, wanted: actual is not None and all(_contains(actual, one) for one in wanted),
    ),
    "lacks": ("does not contain", lambda actual, wanted: actual is None or not _contains(actual, wanted)),
    "matches": (
        "matches",
        lambda actual, wanted: actual is not None and re.search(str(wanted), str(actual)) is not None,
    ),
    "min": ("is at least", _number(lambda actual, wanted: actual >= wanted)),
    "max": ("is at most", _number(lambda actual, wanted: actual <= wanted)),
    "set": ("is set", lambda actual, wanted: (actual not in (None, "", [], {})) is bool(wanted)),
}


def _contains(actual: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        if isinstance(actual, Mapping):
            return all(_is_so(actual.get(key), value) for key, value in wanted.items())
        return any(isinstance(one, Mapping) and _contains(one, wanted) for one in actual)
    return wanted in actual


def _is_so(actual: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping) and wanted and wanted.keys() <= _OPERATORS.keys():
        return all(_OPERATORS[operator][1](actual, operand) for operator, operand in wanted.items())
    return _equal(actual, wanted)


def check(value: Any, expectations: Any) -> Iterator[Checked]:
    """Evaluate ``expectations`` on ``value``.

    :raises StepError: when an expectation is not written as it must be.
    """
    if not isinstance(expectations, Mapping) or not expectations:
        raise StepError("`expect` must be a mapping of paths to what is expected there")
    for path, wanted in expectations.items():
        actual = lookup(value, str(path))
        conditions = wanted if isinstance(wanted, Mapping) else {"is": wanted}
        for operator, operand in conditions.items():
            if operator not in _OPERATORS:
                raise StepError(f"`expect` knows no operator `{operator}`; it knows {', '.join(_OPERATORS)}")
            words, holds = _OPERATORS[operator]
            try:
                result = holds(actual, operand)
            except (TypeError, re.error) as error:
                raise StepError(f"`expect` of `{path}`: {error}") from error
            name = f"{path} {words}" if operator == "set" else f"{path} {words} {_short(operand)}"
            yield Checked(name, result, operand, actual)


def lookup(value: Any, path: str) -> Any:
    """What stands at a dotted path of nested mappings and lists; None where nothing does."""
    if path == ".":
        return value
    for part in path.split("."):
        if part == "#":
            value = len(value) if hasattr(value, "__len__") else None
        elif isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list | tuple) and part.lstrip("-").isdigit():
            value = value[int(part)] if -len(value) <= int(part) < len(value) else None
        else:
            return None
    return value


def _short(value: Any, longest: int = 120) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= longest else f"{text[: longest - 10]}…"
