"""What a configuration may name: the scenarios that exist, with their tags, options and steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

TOTAL = "total"
"""The key of ``within`` that is the whole scenario."""


@dataclass(frozen=True)
class Steps:
    """The steps of a scenario, as its role's files say.

    :param names: name by key; the key is the name in metrics.
    :param complete: False when some cannot be told from the files: those behind an include whose file Jinja names, say.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True


@dataclass(frozen=True)
class KnownScenario:
    """One scenario that exists.

    :param opt_in: runs only when it is selected by name.
    :param options: the JSON Schema of each option, by its name without the role's prefix.
    :param steps: reads what its steps are; asked for only where it matters, since it reads all the role's files.
    """

    tags: frozenset[str] = frozenset()
    opt_in: bool = False
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    steps: Callable[[], Steps] = Steps


@dataclass(frozen=True)
class Known:
    """The scenarios that exist, by name: they tell a misspelt name from a good one."""

    scenarios: Mapping[str, KnownScenario] = field(default_factory=dict)

    @property
    def tags(self) -> frozenset[str]:
        """The tags that some scenario has."""
        return frozenset(tag for one in self.scenarios.values() for tag in one.tags)
