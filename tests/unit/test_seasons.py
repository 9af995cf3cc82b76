"""What a run with many faults must show at once, and what one of its scenarios may show alone."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from stackprobe.results import Outcome

from tests.integration.scenarios.seasons import WITNESS, Fault, Season, weather_of


class Seen(Fault):
    """A fault that is told by what a run says of its scenario."""

    def was_seen(self, run: Any, scenario: str) -> None:
        assert run.scenario(scenario).outcome is self.outcome


FAULT = Seen([], "Step", 500)
SEASON = Season({"one": {"a": FAULT, "b": FAULT}, "two": {"a": FAULT}}, daily=1)
WELL = {"one": Outcome.FAILED, "two": Outcome.FAILED, WITNESS: Outcome.PASSED}


def ran(left: Mapping[str, Any] | None = None, exit_code: int = 1, leftovers: int = 0, **outcomes: Outcome) -> Any:
    """A run, and what it left."""
    found = {**WELL, **outcomes}
    run = SimpleNamespace(
        scenario=lambda name: SimpleNamespace(outcome=found[name]),
        results=SimpleNamespace(leftovers=leftovers), exit_code=exit_code, said="",
    )  # fmt: skip
    return run, left or {}


def raging(*runs: Any) -> tuple[Any, list[list[str]]]:
    """Runs in turn, and which scenarios each was asked for."""
    asked: list[list[str]] = []

    def rage(season: Season, faults: Mapping[str, Fault]) -> Any:
        asked.append(list(faults))
        return runs[len(asked) - 1]

    return weather_of(rage), asked


def test_a_run_is_made_once_for_all_its_scenarios() -> None:
    weather, asked = raging(ran(), ran())
    runs = [weather(SEASON, "one", "a"), weather(SEASON, "two", "a"), weather(SEASON, "one", "b")]
    assert (runs[0] is runs[1], runs[0] is runs[2], asked) == (True, False, [["one", "two"], ["one"]])


def test_what_is_seen_alone_only_is_warned_of() -> None:
    weather, asked = raging(ran(two=Outcome.PASSED), ran())
    with pytest.warns(UserWarning, match="two, a: only alone as expected"):
        weather(SEASON, "two", "a")
    assert asked == [["one", "two"], ["two"]]


@pytest.mark.filterwarnings("ignore:two, a")
def test_what_is_not_seen_alone_either_fails() -> None:
    weather, _ = raging(ran(two=Outcome.PASSED), ran(two=Outcome.PASSED))
    with pytest.raises(AssertionError):
        weather(SEASON, "two", "a")


@pytest.mark.parametrize(
    "bad",
    [
        ran(left={"networks": {"id": "name"}}),
        ran(leftovers=1),
        ran(exit_code=2),
        ran(**{WITNESS: Outcome.FAILED}),
    ],
    ids=["something is left", "the run says so itself", "exit code", "the witness is blamed"],
)
def test_nothing_else_is_tried_again(bad: Any) -> None:
    weather, asked = raging(bad, ran())
    with pytest.raises(AssertionError):
        weather(SEASON, "two", "a")
    assert len(asked) == 1


def test_faults_of_later_runs_are_thorough() -> None:
    marked = {one.id: [mark.name for mark in one.marks] for one in SEASON.faults}
    assert marked == {"one: a": [], "two: a": [], "one: b": ["thorough"]}
    assert [one.marks for one in SEASON.faults_of("one")] == [[], [pytest.mark.thorough]]
