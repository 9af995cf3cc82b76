"""Arguments of steps that are numbers, truth values, places: read, or refused with what they must be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackprobe.engine.classify import StepError


def number(arguments: Mapping[str, Any], key: str, least: float, most: float) -> float | None:
    """The argument as a number; None where it is empty.

    :raises StepError: it is none, or not of ``least`` to ``most``.
    """
    value = arguments.get(key)
    if value in (None, ""):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        found = float("nan")
    if not least <= found <= most or isinstance(value, bool):
        raise StepError(f"`{key}` must be a number of {least:g} to {most:g}, not {value!r}")
    return found


def whole(arguments: Mapping[str, Any], key: str, least: int, most: int, default: int) -> int:
    """The argument as a whole number.

    :raises StepError: it is none, or not of ``least`` to ``most``.
    """
    found = number(arguments, key, least, most)
    if found is None:
        return default
    if found != int(found):
        raise StepError(f"`{key}` must be a whole number, not {arguments[key]!r}")
    return int(found)


def flag(arguments: Mapping[str, Any], key: str, default: bool) -> bool:
    """The argument as a truth value.

    :raises StepError: it is none.
    """
    value = arguments.get(key)
    if value in (None, ""):
        return default
    text = str(value).lower()
    if text not in ("true", "false", "yes", "no"):
        raise StepError(f"`{key}` must be true or false, not {value!r}")
    return text in ("true", "yes")


def is_true(argument: Any) -> bool:
    """Whether an argument that a template may have made a text of says yes: all but nothing and ``false`` does."""
    return str(argument or "false").lower() != "false"


def host(arguments: Mapping[str, Any], key: str = "host") -> str:
    """The argument as an address or a name of a host.

    :raises StepError: it is none.
    """
    found = str(arguments[key]).strip().strip("[]")
    allowed = all(one.isalnum() or one in ".:-_%" for one in found)
    if not found or len(found) > 255 or found.startswith("-") or not allowed:
        raise StepError(f"`{key}` must be an address or the name of a host, not {arguments[key]!r}")
    return found


def port(arguments: Mapping[str, Any], default: int = 0) -> int:
    """The argument ``port``.

    :raises StepError: it is none.
    """
    return whole(arguments, "port", 1, 65535, default)


def user(arguments: Mapping[str, Any]) -> str:
    """The argument ``user``.

    :raises StepError: it is no name.
    """
    found = str(arguments["user"])
    if not found or len(found) > 100 or not found.isprintable():
        raise StepError(f"`user` must be the name of a user, not {arguments['user']!r}")
    return found
