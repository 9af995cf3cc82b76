"""Availability and error budgets: weighted by time, with the coverage, so that no data is not availability."""

from __future__ import annotations

import pytest
from stackprobe.history.model import PastRun, Sample
from stackprobe.maintenance import Stretches, Window
from stackprobe.results.outcome import Outcome
from stackprobe.state.availability import Timeline
from stackprobe.state.model import Availability, Judgement, Level, Signal
from stackprobe.state.signals import CHUNK_S, read

from tests.support.memory_history import MemoryHistory
from tests.unit.state.worlds import NOW_T, service, state, target


def signal(bad: dict[int, float | None], every_s: float = 10, name: str = "x") -> Signal:
    judged = [Judgement(t, one, Level.DOWN if one else Level.UP) for t, one in sorted(bad.items())]
    return Signal(name, ("compute",), judged, every_s)


def timeline(*signals: Signal, now_t: float = 100, windows: tuple[Window, ...] = ()) -> Timeline:
    return Timeline(signals, Stretches(windows), now_t)


def test_a_run_stands_for_the_time_until_the_next_one() -> None:
    found = timeline(signal({0: 0, 10: 1, 20: 0, 30: 0}), now_t=40).within(0, 40)
    assert (found.known_s, found.bad_s, found.percent, found.coverage_percent) == (40, 10, 75, 100)


def test_a_run_that_could_not_judge_leaves_the_one_before_in_force_for_two_intervals_and_a_half() -> None:
    found = timeline(signal({0: 1, 10: None, 20: None, 30: None, 40: 0}), now_t=50).within(0, 50)
    assert (found.known_s, found.bad_s) == (35, 25)


def test_what_no_run_tells_of_is_neither_available_nor_not() -> None:
    found = timeline(signal({0: 0, 80: 1}), now_t=90).within(0, 100)
    assert (found.known_s, found.bad_s, found.coverage_percent) == (35, 10, 35)
    nothing = timeline(signal({0: None})).within(0, 100)
    assert (nothing.percent, nothing.coverage_percent, nothing.left_percent(99.9)) == (None, 0, None)


def test_of_several_scenarios_the_worst_counts_at_every_moment() -> None:
    found = timeline(signal({0: 0, 10: 1, 20: 0}), signal({5: 0, 15: 1, 25: 0}, name="y"), now_t=30).within(0, 30)
    assert found.bad_s == 15


def test_a_window_may_begin_within_a_run() -> None:
    of = timeline(signal({0: 1, 10: 0, 20: 0.5}), now_t=30)
    assert of.within(5, 25).bad_s == 5 + 2.5
    assert of.within(-100, -50).known_s == 0


def test_maintenance_is_cut_out() -> None:
    windows = (Window(5, 15, "a"), Window(12, 18, "b"))
    found = timeline(signal({0: 1, 10: 1, 20: 0}), now_t=30, windows=windows).within(0, 30)
    assert (found.maintained_s, found.known_s, found.bad_s) == (13, 17, 7)
    assert found.coverage_percent == 100


def test_the_error_budget_is_what_the_objective_leaves() -> None:
    found = Availability(span_s=1000, maintained_s=0, known_s=500, bad_s=4)
    assert found.budget_s(99) == pytest.approx(10)
    assert found.left_percent(99) == pytest.approx(60)
    assert found.left_percent(99.9) == pytest.approx(-300)


def test_the_days_tell_the_worst_of_each_and_nothing_of_those_without_a_run() -> None:
    letters = "p" * 96 + "f" + "p" * 95 + "ff" + "p" * 10
    days = service(state({"compute": letters}), "compute").days
    assert len(days) == 90
    assert [None if one.level is None else one.level.word for one in days[-4:]] == [None, "up", "degraded", "down"]
    assert days[-1].from_t <= NOW_T < days[-1].from_t + 86400
    assert all(one.level is None for one in days[:86])


def test_every_run_is_read_once_wherever_the_history_is_cut_into_pieces() -> None:
    since_t = NOW_T + 0.5 - 90 * 86400
    times = [int(since_t) + offset + piece * int(CHUNK_S) for piece in range(1, 7) for offset in (-1, 0, 1, 2)]
    past = MemoryHistory([PastRun(t, Outcome.PASSED) for t in times], {"compute.passed": [Sample(t, 1) for t in times]})
    found = read(past, target(), {}, since_t, NOW_T + 0.5)
    assert [one.t for one in found.signals[0].judgements] == times
    assert [one.t for one in found.runs] == times
