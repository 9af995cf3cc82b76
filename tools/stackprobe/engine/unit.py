"""Repetitions of a scenario. To the engine each is a scenario of its own: a unit, with names and teardown of its own.

The journal knows scenario and repetition apart; :func:`parts_of` tells them from a unit's name.
"""

from __future__ import annotations

import re

_LATER = re.compile(r"([a-z][a-z0-9_]*)-r([1-9][0-9]*)")


def unit_of(scenario: str, repetition: int) -> str:
    """The unit of a repetition, counted from 1: the first has the scenario's name, the others ``<name>-r<number>``."""
    return scenario if repetition == 1 else f"{scenario}-r{repetition}"


def parts_of(unit: str) -> tuple[str, int]:
    """Scenario and repetition of a unit. No scenario has a hyphen in its name."""
    later = _LATER.fullmatch(unit)
    return (later[1], int(later[2])) if later else (unit, 1)


def units_of(scenario: str, times: int) -> list[str]:
    """All units of a scenario that runs so many times, in the order in which they run."""
    return [unit_of(scenario, repetition) for repetition in range(1, times + 1)]
