"""The README of every scenario says what its role says: each option, with the unit and the default that it has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from stackprobe.scenarios import Scenario, discover, roles_paths

SCENARIOS = sorted(discover(roles_paths()).values(), key=lambda one: one.name)
HEADINGS = ["Steps", "Options", "What it needs and makes"]


def rows(scenario: Scenario, text: str) -> Iterator[tuple[str, str, str]]:
    """Option, unit and default of the table; further options of a row are written ``…_name``."""
    for line in text.splitlines():
        if line.startswith(f"| `{scenario.role_name}_"):
            names, _meaning, unit, default = (cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1])
            first, *others = re.findall(r"`(\w+|…_\w+)`", names)
            yield scenario_option(scenario, first), unit, default
            yield from ((other.removeprefix("…_"), unit, default) for other in others)


def scenario_option(scenario: Scenario, variable: str) -> str:
    return variable.removeprefix(f"{scenario.role_name}_")


def shown(default: Any) -> set[str]:
    """How a default may be written; empty: as the README likes, since it is shorter in words."""
    if default in ("", None):
        return {"empty"}
    if isinstance(default, bool):
        return {str(default).lower()}
    return set() if isinstance(default, list | dict) else {str(default)}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_the_readme_has_the_options_of_the_role(scenario: Scenario) -> None:
    text = (scenario.role / "README.md").read_text(encoding="utf-8")
    assert [one for one in re.findall(r"^## (.+)", text, re.MULTILINE) if one in HEADINGS] == HEADINGS
    assert text.startswith(f"# {scenario.role_name}\n\n")
    told = {option: (unit, default) for option, unit, default in rows(scenario, text)}
    assert set(told) == set(scenario.options)
    units = {option: schema.get("x-unit") for option, schema in scenario.options.items()}
    assert {option: unit for option, (unit, _) in told.items() if units[option] and units[option] != unit} == {}
    defaults = {option: shown(schema["default"]) for option, schema in scenario.options.items()}
    wrong = {option: cell for option, (_, cell) in told.items() if cell.replace("`", "") not in defaults[option]}
    assert {option: cell for option, cell in wrong.items() if defaults[option]} == {}
