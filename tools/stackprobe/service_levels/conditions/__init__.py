"""What a rule can ask of its subject: one module a condition.

A module of this package that has ``KEYS`` is one: ``KEYS`` are the keys of the configuration that choose it, ``ALSO``
those that it takes beside them, ``SUBJECTS`` the kinds of subjects that it can judge, and ``read(given) -> Condition``
makes it of what the configuration says. Adding a condition means adding one file (and its keys to the schema).
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stackprobe.service_levels.conditions.base import Condition, Judgement, Mistake

__all__ = ["Condition", "Judgement", "Kind", "Mistake", "kinds"]


@dataclass(frozen=True)
class Kind:
    """One condition there is."""

    keys: tuple[str, ...]
    also: tuple[str, ...]
    subjects: tuple[str, ...]
    read: Callable[[Mapping[str, Any]], Condition]


@functools.cache
def kinds() -> tuple[Kind, ...]:
    """Every condition, in the order of the module names."""
    found = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "KEYS"):
            found.append(Kind(loaded.KEYS, loaded.ALSO, loaded.SUBJECTS, loaded.read))
    return tuple(found)
