"""The options of a run as a play gives them: of the right type, or one clear message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CREDENTIALS = ("password", "token")
LONGEST_S = 7 * 86400
_TEXTS = (
    "cloud", "region", "config", "output", "stackprobe", "credentials", "zuul_url", "graphite", "graphite_url"
)  # fmt: skip
_LISTS = ("scenarios", "tags", "roles")
_MAPPINGS = ("settings",)


class BadVariable(Exception):
    """A variable of the play has a value that cannot be meant."""


def checked(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The options with their defaults.

    :raises BadVariable: one has the wrong type or value; the message names the variable of the play.
    """
    given = {key: value for key, value in arguments.items() if value not in (None, "")}
    wanted = {key: _text(key, given.get(key, "")) for key in _TEXTS}
    wanted |= {key: _list(key, given.get(key, [])) for key in _LISTS}
    wanted |= {key: _mapping(key, given.get(key, {})) for key in _MAPPINGS}
    wanted["deadline"] = _seconds("deadline", given["deadline"]) if "deadline" in given else None
    if not isinstance(given.get("sweep", True), bool):
        raise BadVariable(f"probe_sweep must be true or false, not {_called(given['sweep'])}")
    if (wanted["credentials"] or CREDENTIALS[0]) not in CREDENTIALS:
        raise BadVariable(f"probe_credentials is `{wanted['credentials']}`; it must be one of {', '.join(CREDENTIALS)}")
    if wanted["settings"] and wanted["config"]:
        raise BadVariable("both probe_settings and probe_config are given; leave one of them out")
    return wanted


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise BadVariable(
            f"probe_{key} must be a text, not {_called(value)}; put it in quotes if it looks like a number"
        )
    return value


def _list(key: str, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise BadVariable(f"probe_{key} must be a list of texts, not {_called(value)}; write `probe_{key}: [ONE, TWO]`")
    for item in value:
        if not isinstance(item, str):
            raise BadVariable(f"probe_{key} must be a list of texts, and one of its items is {_called(item)}")
    return value


def _mapping(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadVariable(f"probe_{key} must be a mapping, not {_called(value)}; write it as in probes.yaml")
    return value


def _seconds(key: str, value: Any) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isdecimal() or not 0 < int(text) <= LONGEST_S:
        raise BadVariable(f"probe_{key} must be a whole number of seconds, not {_called(value)}")
    return int(text)


def _called(value: Any) -> str:
    """A value in words. What a text says is not repeated: it may be a secret in the wrong place."""
    if isinstance(value, bool | None):
        return "true or false" if isinstance(value, bool) else "nothing"
    if isinstance(value, int | float):
        return f"the number {value}"
    kinds = ((str, "a text"), (dict, "a mapping"), (list, "a list"))
    return next((words for kind, words in kinds if isinstance(value, kind)), type(value).__name__)
