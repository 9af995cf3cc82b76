"""How errors about a configuration call its places and values."""

from __future__ import annotations

from typing import Any

from stackprobe.config.levels import Path

TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}
"""What the types of JSON Schema are called."""


def place(path: Path) -> str:
    """A place in a configuration: ``clouds.demo.regions[0]``, in back quotes."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return f"`{text.lstrip('.')}`" if text else "the configuration"


def named(value: Any) -> str:
    """What a value is; not what it says, where that may be a secret in the wrong place."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a mapping"
