"""Pieces of YAML made by hand, since a serializer writes no comments."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import yaml

WIDTH = 110
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]+")


def flow(value: Any) -> str:
    """A value on one line: plain words bare, all other texts in double quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and isinstance(yaml.safe_load(value), str):
        return value
    return json.dumps(value)


def comment(text: str, indent: int = 0, *, hanging: str = "") -> Iterator[str]:
    """Lines of a comment; nothing in ``text``, wherever it comes from, gets out of it.

    :param hanging: what all lines but the first begin with, after the ``#``.
    """
    clean = " ".join(_UNPRINTABLE.sub(" ", text).split())
    first = f"{' ' * indent}# "
    yield from textwrap.wrap(
        clean,
        WIDTH,
        initial_indent=first,
        subsequent_indent=f"{first}{hanging}",
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def beside(text: str) -> str:
    """A comment behind something on the same line."""
    return "  # " + " ".join(_UNPRINTABLE.sub(" ", text).split())
