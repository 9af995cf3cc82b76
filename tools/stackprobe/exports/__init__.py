"""A run in formats of other programs: one module a format.

A module of this package that has ``FORMAT: str``, ``TABLES: tuple[str, ...]`` and ``lines(results: Results, table:
str)``, an iterator of text, is a format: adding one means adding one file. `TABLES` names what it can write, the usual
one first.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stackprobe.results import Results

__all__ = ["Format", "formats"]


@dataclass(frozen=True)
class Format:
    """One format.

    :ivar lines: the text of a table of a run, in pieces that end with a line.
    """

    name: str
    tables: tuple[str, ...]
    lines: Callable[[Results, str], Iterator[str]]


def formats() -> dict[str, Format]:
    """Every format by its name, in the order of the names."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "FORMAT"):
            found[loaded.FORMAT] = Format(loaded.FORMAT, loaded.TABLES, loaded.lines)
    return dict(sorted(found.items()))
