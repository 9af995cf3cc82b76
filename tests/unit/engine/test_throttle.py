"""The cap on requests a second: it holds, it is fair, and what it takes is nobody's fault."""

from __future__ import annotations

import threading
import time

import pytest
from stackprobe.engine.activity import Activity, Call
from stackprobe.engine.classify import Judge
from stackprobe.engine.performing import perform
from stackprobe.engine.throttle import Throttle


def beginnings(throttle: Throttle, threads: int, each: int) -> list[float]:
    """When requests of several threads may begin, monotonic seconds, in order."""
    found: list[float] = []

    def work() -> None:
        for _ in range(each):
            throttle.hold(None)
            found.append(time.monotonic())

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sorted(found)


def test_no_second_has_more_requests_than_the_cap() -> None:
    found = beginnings(Throttle(20), threads=5, each=10)
    assert len(found) == 50
    assert all(later - earlier > 0.9 for earlier, later in zip(found, found[20:], strict=False))
    assert found[19] - found[0] < 0.5
    assert found[-1] - found[0] < 8.0


def test_less_than_one_a_second_is_one_in_more_than_a_second() -> None:
    found = beginnings(Throttle(0.8), threads=1, each=2)
    assert 1.2 < found[1] - found[0] < 4.0


def test_without_a_cap_nothing_is_held() -> None:
    throttle = Throttle(None)
    assert [throttle.hold(None) for _ in range(100)] == [0.0] * 100


def test_what_is_held_moves_the_deadline_but_not_beyond_the_runs() -> None:
    activity = Activity(time.monotonic() + 10, latest=time.monotonic() + 15)
    before = activity.deadline
    activity.hold(3)
    assert activity.deadline == before + 3 and not activity.cut_by_run
    activity.hold(3)
    assert activity.deadline == activity.latest and activity.cut_by_run
    assert activity.held_s == 6


def test_a_step_has_its_time_beside_what_it_is_held() -> None:
    throttle = Throttle(1)
    activity = Activity(time.monotonic() + 0.5)

    def work() -> str:
        throttle.hold(activity)
        throttle.hold(activity)
        return "done"

    assert perform(activity, work, Judge(lambda: None)) == ("done", None)
    assert activity.held_s == pytest.approx(1.0, abs=0.5)


def test_the_end_of_a_step_ends_the_holding() -> None:
    throttle = Throttle(0.5)
    activity = Activity(time.monotonic() + 60)
    throttle.hold(activity)
    threading.Timer(0.2, activity.abort, ["SIGTERM"]).start()
    start = time.monotonic()
    throttle.hold(activity)
    assert time.monotonic() - start < 1.8


def test_the_time_on_the_wire_is_without_what_was_held_between() -> None:
    calls = [
        Call("network", "GET", "/x", "x", 0.0, began=10.0, ended=11.0, held_s=5.0),
        Call("network", "GET", "/x", "x", 0.0, began=14.0, ended=15.0, held_s=2.5),
    ]
    assert Activity(99.0, calls=calls).wire_ms() == 2500.0
