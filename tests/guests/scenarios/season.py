"""All scenarios with guests, and the faults of each: one fair run of all, then one run for each number of a fault.

The module of a scenario in weather/ is called like it and has two things: `OPTIONS`, those of the scenario in every
run (deadlines of what a fault keeps from happening), and `FAULTS`, at least three, by what happens in a few words. A
fault that hits guests names them by `"name": "-<scenario>-"`, since the scenario is a part of every server's name; so
faults of several scenarios rage in one run. Faults of one number should take about as long: those of the login first.

The first two of each are for every day: a run takes some minutes, two go on at a time.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from tests.integration.scenarios.seasons import Fault, Season

LOGIN_S = 75
"""s: the deadline of a login that never succeeds; one takes less also where many boot at once on a busy machine. It
holds only in runs in which the login is what goes wrong: there is no hurry elsewhere."""
LOGIN = "Log in to the guest"


def modules() -> Mapping[str, ModuleType]:
    """What is known of each scenario."""
    folder = Path(__file__).parent / "weather"
    names = sorted(one.name for one in pkgutil.iter_modules([str(folder)]))
    return {name: importlib.import_module(f"tests.guests.scenarios.weather.{name}") for name in names}


def at_guests(scenario: str, kind: str, **more: object) -> list[dict[str, object]]:
    """A rule of faults.json: what happens to the packets of a scenario's guests."""
    return [{"packets": kind, "name": f"-{scenario}-", **more}]


def of_driver(scenario: str, what: str, **more: object) -> list[dict[str, object]]:
    """A rule of faults.json: what happens to a scenario's guests themselves."""
    return [{"driver": what, "name": f"-{scenario}-", **more}]


def in_peace(options: Mapping[str, object]) -> dict[str, object]:
    """Options of a scenario whose logins succeed."""
    return {name: value for name, value in options.items() if name != "login_deadline"}


SEASON = Season(
    {name: module.FAULTS for name, module in modules().items()},
    options={name: module.OPTIONS for name, module in modules().items()},
    daily=2,
)

FAULTS = [
    pytest.param(scenario, what, id=f"storm {SEASON.number(scenario, what) + 1} {one.id}", marks=one.marks)
    for one in SEASON.faults
    for scenario, what in [one.values]
]
"""For tests of all. Those of a storm share a run and so a worker: tests/support/side_by_side.py."""

__all__ = ["FAULTS", "LOGIN", "LOGIN_S", "SEASON", "Fault", "at_guests", "in_peace", "of_driver"]
