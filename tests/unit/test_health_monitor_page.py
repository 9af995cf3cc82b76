"""The page about OpenStack Health Monitor names scenarios and steps that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from stackprobe.metricname import key_of
from stackprobe.scenarios import discover, roles_paths

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "doc" / "source" / "health-monitor.md").read_text()
SCENARIOS = discover(roles_paths())
FIGURES = re.findall(r"`(…|[a-z_]+)\.([a-z0-9_]+)\.[^`]*`", PAGE)
NOT_OF_SCENARIOS = {"run", "api"}


def keys(role: Path) -> set[str]:
    """The keys of the steps of a role."""
    texts = (path.read_text() for path in role.rglob("tasks/**/*.yaml"))
    return {key_of(name.strip(' "')) for text in texts for name in re.findall(r"- name: (.*)", text)}


SHARED = keys(ROOT / "roles" / "probe_base")


@pytest.mark.parametrize(("scenario", "step"), FIGURES, ids=[".".join(one) for one in FIGURES])
def test_every_figure_is_one_of_a_step(scenario: str, step: str) -> None:
    if scenario in NOT_OF_SCENARIOS:
        return
    known = SHARED if scenario == "…" else keys(SCENARIOS[scenario].role) | SHARED
    assert step in known


def test_every_scenario_and_each_of_its_steps_is_there() -> None:
    unknown = []
    for scenario, steps in re.findall(r"`([a-z_0-9]+)`: ([A-Z][^|`.:…]*)", PAGE):
        known = keys(SCENARIOS[scenario].role) | SHARED
        names = [re.split(r",| \(", one.strip())[0].strip() for one in steps.split(";")]
        unknown += [(scenario, one) for one in names if one[:1].isupper() and key_of(one) not in known]
    assert unknown == []


def test_it_names_every_function_of_the_deployment() -> None:
    assert {"createRouters", "createVMs", "testjhinet", "testsnat", "fullconntest", "testLBs", "deleteVMs"} <= set(
        re.findall(r"`(\w+)`", PAGE)
    )
