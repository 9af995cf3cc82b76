"""Every query of the dashboards for guests asks for what a run of all scenarios with guests measures."""

from __future__ import annotations

import pytest

from tests.guests.scenarios.conftest import Calm
from tests.guests.scenarios.panels import TARGETS, is_measured
from tests.guests.scenarios.probing import GuestsRun
from tests.guests.scenarios.season import SEASON

FAIR = [name for name, target in TARGETS.items() if "_udp." not in target]
"""UDP is an option, which one of the faults sets: see weather/network_throughput.py."""


@pytest.fixture(scope="module")
def runs(calm: Calm) -> list[GuestsRun]:
    """In which every scenario passed: mostly one."""
    return list({run.output: run for run in map(calm, SEASON.scenarios)}.values())


@pytest.mark.parametrize("name", FAIR)
def test_a_query_asks_for_what_is_measured(name: str, runs: list[GuestsRun]) -> None:
    is_measured(TARGETS[name], *runs)
