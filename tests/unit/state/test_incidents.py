"""Events over time: damped, with the start of the first bad run and the end of the last one."""

from __future__ import annotations

import pytest
from stackprobe.state.damping import Damping, Trouble, troubles
from stackprobe.state.incidents import incidents
from stackprobe.state.model import Judgement, Level, Signal

from tests.unit.state.worlds import EVERY_S, NOW_T, service, state

LEVELS = {"0": Level.UP, "1": Level.DEGRADED, "2": Level.DOWN}

DEFAULT = Damping()


def found(levels: str, damping: Damping = DEFAULT) -> list[tuple[str, float, float | None]]:
    judged = [Judgement(t, float(LEVELS[one] > 0), LEVELS[one]) for t, one in enumerate(levels)]
    signal = Signal("x", ("compute",), judged, 1)
    return [(one.level.word, one.from_t, one.until_t) for one in troubles(signal, judged, damping)]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ("0000", []),
        ("0020", []),
        ("02002000200", []),
        ("0022", [("degraded", 2, None), ("down", 2, None)]),
        ("00202", [("degraded", 2, None), ("down", 2, None)]),
        ("0022020", [("degraded", 2, None), ("down", 2, None)]),
        ("002202000000", [("degraded", 2, 6), ("down", 2, 6)]),
        ("0022002", [("degraded", 2, 4), ("down", 2, 4)]),
        ("0011000", [("degraded", 2, 4)]),
        ("001222", [("degraded", 2, None), ("down", 3, None)]),
        ("222111", [("degraded", 0, None), ("down", 0, 3)]),
    ],
)
def test_two_bad_runs_of_three_are_a_trouble_and_two_good_ones_its_end(levels: str, expected: list[object]) -> None:
    assert found(levels) == expected


def test_what_comes_and_goes_is_one_trouble_until_it_stays_well() -> None:
    flapping = "00" + "2200" * 6
    assert found(flapping)[2:] == [("down", 2, 4), ("down", 6, None)]
    assert found(flapping + "00000")[2:] == [("down", 2, 4), ("down", 6, 24)]


def test_what_ended_a_trouble_does_not_begin_the_next_one() -> None:
    assert found("2200020", Damping(2, 5))[-1] == ("down", 0, 2)
    assert len(found("2200020", Damping(2, 5))) == 2


def test_a_real_outage_is_an_event_within_two_runs_and_begins_with_the_first() -> None:
    (one,) = service(state({"compute": "ppppff"}), "compute").incidents
    assert (one.from_t, one.until_t, one.worst) == (NOW_T - 300 - EVERY_S, None, Level.DOWN)
    assert one.causes == ("compute",)


def test_phases_follow_the_worst_of_all_troubles_and_one_incident_ends_when_all_is_well() -> None:
    (one, other) = incidents(
        "compute",
        [
            Trouble(Level.DEGRADED, 10, 40, "a"),
            Trouble(Level.DOWN, 20, 30, "b"),
            Trouble(Level.DEGRADED, 40, 50, "c"),
            Trouble(Level.DOWN, 60, None, "a"),
        ],
    )
    assert [(phase.level.word, phase.from_t, phase.until_t, phase.causes) for phase in one.phases] == [
        ("degraded", 10, 20, ("a",)),
        ("down", 20, 30, ("a", "b")),
        ("degraded", 30, 50, ("a", "c")),
    ]
    assert (one.from_t, one.until_t, one.worst, one.level) == (10, 50, Level.DOWN, Level.DEGRADED)
    assert (other.from_t, other.until_t) == (60, None)


def test_the_same_history_gives_the_same_incidents_whenever_it_is_looked_at() -> None:
    first = service(state({"compute": "pfffpp"}, last_t=NOW_T - 300 - 2 * EVERY_S), "compute").incidents
    later = service(state({"compute": "pfffpppp"}, last_t=NOW_T - 300), "compute").incidents
    assert first[0].until_t is not None
    assert first == later


def test_an_outage_of_a_scenario_that_nobody_runs_any_more_ends() -> None:
    days = 8 * 96
    of = service(state({"compute": "p" * (days + 4), "server_groups": "ff" + "." * days}), "compute")
    assert of.health.status.value == "up"
    assert [one.until_t is None for one in of.incidents] == [False]
