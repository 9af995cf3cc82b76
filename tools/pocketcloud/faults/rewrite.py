"""Change an answer's JSON by dotted paths: the lies of a cloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


def rewritten(document: Any, changes: dict[str, Any], removals: Iterable[str]) -> Any:
    """Apply changes and removals in place and return the document.

    Paths are keys joined by dots; in a list a number is a position and `*` means every element. What a path does not
    find it leaves alone, except that `set` adds a last key to an object that exists.
    """
    for path, value in changes.items():
        for parent, key in _parents(document, path.split(".")):
            parent[key] = value
    for path in removals:
        for parent, key in list(_parents(document, path.split("."))):
            if isinstance(parent, dict):
                parent.pop(key, None)
            else:
                del parent[key]
    return document


def _parents(node: Any, path: list[str]) -> Iterator[tuple[Any, Any]]:
    """Containers and keys that a path leads to."""
    first, rest = path[0], path[1:]
    if isinstance(node, list):
        positions = range(len(node)) if first == "*" else [int(first)] if first.isdecimal() else []
        keys: list[Any] = [position for position in positions if position < len(node)]
        keys.reverse()  # removals must not shift what is still to be removed
    elif isinstance(node, dict):
        # keys of OpenStack may contain dots themselves (hw:x.y); the longest name that exists wins
        for length in range(len(path), 1, -1):
            joined = ".".join(path[:length])
            if joined in node:
                first, rest = joined, path[length:]
                break
        keys = [first] if first in node or not rest else []
    else:
        return
    for key in keys:
        if rest:
            yield from _parents(node[key], rest)
        else:
            yield node, key
