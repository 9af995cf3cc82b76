"""Many faults in few runs: a season is a group of scenarios that run together, with one fault for each in every run.

A test file makes one of its scenarios and their faults, and asks for each fault in a test of its own::

    SEASON = Season({"volume_backup": BACKUP, "volume_types": TYPES}, options={…})

    @pytest.mark.parametrize(("scenario", "what"), SEASON.faults)
    def test_a_fault_is_seen(scenario: str, what: str, weather: Weather) -> None:
        weather(SEASON, scenario, what)

A run takes half a minute and more, so the first faults of each scenario are for every day: they should be the most
different ones. The runs with the others are marked as thorough: tests/support/thorough.py.

Faults that rage together must not meet: a rule that matches requests of another scenario would blame it as well. Tell
them apart by service, by ``sent`` (names of what scenarios make hold the scenario) or by the ``name`` of a driver rule.
Every run has a witness along, a scenario that has no fault and must pass (in a season that has faults for that one
too, the scenarios of the same run are witnesses for each other).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.support.clouds import Rules
from tests.support.thorough import marks

WITNESS = "identity"
"""A scenario that runs along and must not be blamed."""
INVENTED = "00000000-0000-4000-8000-000000000000"
"""An id that nothing has."""
SOME_ZONE = "*"
"""In place of a zone that is another in each cloud, such as the address of a name server."""


@dataclass(frozen=True)
class Fault:
    """Something that the cloud does wrong, and how it must be reported.

    :param rules: of faults.json.
    :param step: the only step that goes wrong, of the zone ``zone``; of any single one if that is ``SOME_ZONE``.
    :param status: the HTTP status that the step names; None where no answer came.
    :param says: part of the step's message.
    :param options: of the scenario, for this run.
    :param also: further steps that go wrong by it (teardown's, say), as pairs of name and zone.
    :param shows: asserts what else the run must show of it.
    """

    rules: Rules
    step: str
    status: int | None
    says: str = ""
    outcome: Outcome = Outcome.FAILED
    zone: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[tuple[str, str | None], ...] = ()
    shows: Callable[[Any], None] = lambda run: None

    def was_seen(self, run: Probed, scenario: str) -> None:
        """Assert that this fault and nothing else was reported for the scenario."""
        assert run.scenario(scenario).outcome is self.outcome, run.said
        found, zone = run.bad_steps(scenario), self.zone
        if zone == SOME_ZONE:
            zone = next((its for step, its in found if step == self.step), None)
        bad = [(self.step, zone), *self.also]
        assert sorted(found, key=str) == sorted(bad, key=str), run.said
        step = run.step(scenario, self.step, zone)
        status, message = self.status, step.message or ""
        if "deadline passed during" in message and "; last seen: " in message:
            status = None  # by chance the time was over while a wait asked once more: that question has no answer
        assert (step.outcome, step.http_status) == (self.outcome, status), message
        assert self.says in message, message
        self.shows(run)


@dataclass(frozen=True, eq=False)
class Season:
    """Scenarios and the faults of each, by what happens in a few words.

    :param options: of the scenarios, in every run: short deadlines for what is made to hang.
    :param daily: how many runs, and so faults of each scenario, are for every day.
    """

    scenarios: Mapping[str, Mapping[str, Fault]]
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    daily: int = 3

    @cached_property
    def faults(self) -> list[pytest.ParameterSet]:
        """Scenario and fault, run by run, for tests of all."""
        pairs = [
            (number, scenario, what)
            for scenario, faults in self.scenarios.items()
            for number, what in enumerate(faults)
        ]
        return [
            pytest.param(scenario, what, id=f"{scenario}: {what}", marks=marks(number < self.daily))
            for number, scenario, what in sorted(pairs, key=lambda pair: pair[0])
        ]

    def faults_of(self, scenario: str) -> list[pytest.ParameterSet]:
        """What happens to a scenario, for a test file of its own."""
        faults = enumerate(self.scenarios[scenario])
        return [pytest.param(what, id=what, marks=marks(number < self.daily)) for number, what in faults]

    def number(self, scenario: str, what: str) -> int:
        """The run that has a fault."""
        return list(self.scenarios[scenario]).index(what)

    def of(self, number: int) -> dict[str, Fault]:
        """The faults of a run, by scenario."""
        return {
            scenario: list(faults.values())[number]
            for scenario, faults in self.scenarios.items()
            if number < len(faults)
        }


Weather = Callable[[Season, str, str], Probed]
"""Season, scenario, fault → the run that had it, in which nothing else was seen, and of which nothing is left."""

Rage = Callable[[Season, Mapping[str, Fault]], tuple[Probed, Mapping[str, Any]]]
"""Season, a fault for each of some scenarios → the run of these and of the witness that had them, and what it left."""


def weather_of(rage: Rage) -> Weather:
    """Each run of a season is made once.

    Whatever else goes on, it leaves nothing and blames nobody else. What all its scenarios together did not show as
    expected, one of them alone must, with a warning of the tests: where they share two processors, one of the short
    deadlines may pass that has nothing to do with the fault.
    """
    runs: dict[tuple[int, int], tuple[Probed, Mapping[str, Any]]] = {}

    def seen(season: Season, scenario: str, what: str) -> Probed:
        number = season.number(scenario, what)
        faults, key = season.of(number), (id(season), number)
        if key not in runs:
            runs[key] = rage(season, faults)
        run = _proper(faults, *runs[key])
        try:
            faults[scenario].was_seen(run, scenario)
        except AssertionError as unlike:
            warnings.warn(f"{scenario}, {what}: only alone as expected: {str(unlike)[:300]}", stacklevel=2)
            alone = {scenario: faults[scenario]}
            run = _proper(alone, *rage(season, alone))
            faults[scenario].was_seen(run, scenario)
        return run

    return seen


def _proper(faults: Mapping[str, Fault], run: Probed, left: Mapping[str, Any]) -> Probed:
    """The run left nothing, passed where it had no fault, and says by its exit code whose fault it was."""
    assert (run.results.leftovers, left) == (0, {}), run.said
    if WITNESS not in faults:
        assert run.scenario(WITNESS).outcome is Outcome.PASSED, run.said
    assert run.exit_code == (1 if any(fault.outcome is Outcome.FAILED for fault in faults.values()) else 2), run.said
    return run
