"""Who may begin when: everything that fits, in a fixed order, nothing starves, and what never fits is told at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import pytest
from stackprobe.engine.admission import Admission, demand

Needs = Mapping[str, Mapping[str, int]]


class Queue:
    """An admission and what it refused."""

    def __init__(self, needs: Needs, room: Mapping[str, int] | None = None, parallel: int | None = None) -> None:
        self.refused: dict[str, str] = {}
        self.admission = Admission(parallel, lambda unit, reason, _remedy: self.refused.setdefault(unit, reason))
        for unit in needs:
            self.admission.expect(unit)
        self.admission.set_room(room or {})
        self.admission.set_needs(needs)

    def running(self) -> list[str]:
        """Who was admitted and is not over."""
        units = self.admission._units.values()
        return [one.name for one in units if one.state == "admitted"]

    def end(self, unit: str, **kept: int) -> list[str]:
        self.admission.release(unit, kept)
        return self.running()

    def turn(self, unit: str, patience_s: float = 0.0, interrupted: str | None = None) -> float | None:
        return self.admission.take_turn(unit, time.monotonic() + patience_s, lambda: interrupted)


ONE_EACH: Needs = {"a": {"volumes": 1}, "b": {"volumes": 1}, "c": {"volumes": 1}}


def test_what_fits_runs_at_once() -> None:
    queue = Queue(ONE_EACH, {"volumes": 3})
    assert queue.running() == ["a", "b", "c"]
    assert queue.turn("a") == pytest.approx(0.0, abs=0.1)


def test_what_is_not_limited_always_fits() -> None:
    assert Queue({"a": {"volumes": 1000}, "b": {"servers": 9}}, {"routers": 0}).running() == ["a", "b"]


def test_what_does_not_fit_waits_for_its_turn() -> None:
    queue = Queue(ONE_EACH, {"volumes": 1})
    assert queue.running() == ["a"]
    assert queue.end("a") == ["b"]
    assert queue.end("b") == ["c"]


def test_the_network_counts_twice_what_others_are_just_creating() -> None:
    needs: Needs = {name: {"networks": 1} for name in "abc"}
    assert Queue(needs, {"networks": 1}).running() == ["a"]
    assert Queue(needs, {"networks": 2}).running() == ["a"]
    assert Queue(needs, {"networks": 3}).running() == ["a", "b"]
    assert Queue(needs, {"networks": 5}).running() == ["a", "b", "c"]
    assert demand("ports", [{"ports": 4}, {"ports": 2}, {}]) == 10
    assert demand("routers", [{"routers": 4}]) == demand("volumes", [{"volumes": 3}, {"volumes": 1}]) == 4


def test_all_of_what_is_needed_must_fit() -> None:
    queue = Queue(
        {"a": {"volumes": 1, "gigabytes": 5}, "b": {"volumes": 1, "gigabytes": 5}}, {"volumes": 9, "gigabytes": 9}
    )
    assert queue.running() == ["a"]


def test_the_small_go_before_the_big_only_where_that_does_not_delay_it() -> None:
    needs = {
        "a": {"volumes": 2},
        "big": {"volumes": 3, "servers": 1},
        "small": {"volumes": 1},
        "other": {"servers": 1},
        "third": {"servers": 1},
    }
    queue = Queue(needs, {"volumes": 3, "servers": 2})
    assert queue.running() == ["a", "other"], "one volume and one server are set aside for the big one"
    assert queue.end("a") == ["big", "other"]
    assert queue.end("other") == ["big", "third"]
    assert queue.end("big") == ["small", "third"]


def test_the_cap_on_scenarios_holds_whatever_they_need() -> None:
    queue = Queue({name: {} for name in "abcd"}, parallel=2)
    assert queue.running() == ["a", "b"]
    assert queue.end("b") == ["a", "c"]
    assert queue.end("a") == ["c", "d"]


def test_one_that_waits_for_room_takes_no_place_under_the_cap() -> None:
    queue = Queue({"a": {"volumes": 1}, "b": {"volumes": 1}, "c": {}, "d": {}}, {"volumes": 1}, parallel=2)
    assert queue.running() == ["a", "c"]
    assert queue.end("a") == ["b", "c"]


def test_under_a_cap_the_order_does_not_depend_on_who_is_known_first() -> None:
    queue = Queue({})
    queue.admission = Admission(1, lambda *_: None)
    for unit in ("a", "b"):
        queue.admission.expect(unit)
    queue.admission.set_needs({"b": {}})
    assert queue.running() == []
    queue.admission.set_needs({"a": {}})
    assert queue.running() == ["a"]


def test_those_who_need_the_same_do_not_overtake_one_whose_needs_are_not_known_yet() -> None:
    queue = Queue({})
    for unit, kind in (("a", "volumes"), ("b", "volumes"), ("c", "servers"), ("d", "")):
        queue.admission.expect(unit, kinds=frozenset({kind} if kind else ()))
    queue.admission.set_room({"volumes": 1, "servers": 1})
    queue.admission.set_needs({"b": {"volumes": 1}, "c": {"servers": 1}, "d": {}})
    assert queue.running() == ["c", "d"]
    queue.admission.set_needs({"a": {"volumes": 1}})
    assert queue.running() == ["a", "c", "d"]


def test_what_never_fits_is_refused_at_once_and_stands_in_nobodys_way() -> None:
    queue = Queue({"a": {"volumes": 5}, "b": {"volumes": 3}}, {"volumes": 4})
    assert queue.running() == ["b"]
    assert "volumes: 5 needed, 4 left" in queue.refused["a"]
    assert queue.turn("a") is None


def test_what_is_left_over_is_missing_for_the_others() -> None:
    queue = Queue({"a": {"volumes": 2}, "b": {"volumes": 2}, "c": {"volumes": 1}}, {"volumes": 2})
    assert queue.end("a", volumes=1) == ["c"]
    assert "volumes: 2 needed, 1 left" in queue.refused["b"]


def test_a_repetition_comes_after_the_one_before() -> None:
    queue = Queue({})
    queue.admission.expect("a")
    queue.admission.expect("a-r2", after="a")
    queue.admission.expect("b")
    queue.admission.set_room({"volumes": 1})
    queue.admission.set_needs({"a": {"volumes": 1}, "a-r2": {"volumes": 1}, "b": {}})
    assert queue.running() == ["a", "b"]
    assert queue.admission.must_wait("a-r2") and not queue.admission.must_wait("b")
    assert queue.end("a") == ["a-r2", "b"]


def test_time_runs_out_for_one_that_waits() -> None:
    queue = Queue(ONE_EACH, {"volumes": 1})
    assert queue.turn("b", 0.2) is None
    assert queue.refused["b"].startswith("not run: no room in time: waited 0 s, volumes: 1 needed, 0 left")
    assert queue.end("a") == ["c"]


def test_the_end_of_the_run_ends_the_waiting_without_a_word() -> None:
    queue = Queue(ONE_EACH, {"volumes": 1})
    assert queue.turn("b", 60.0, "SIGTERM") is None
    assert queue.refused == {}


def test_a_turn_comes_while_it_is_waited_for() -> None:
    queue = Queue(ONE_EACH, {"volumes": 1})
    threading.Timer(0.3, queue.end, ["a"]).start()
    waited = queue.turn("b", 10.0)
    assert waited == pytest.approx(0.3, abs=0.25)


def test_a_stranger_need_not_wait() -> None:
    queue = Queue({})
    assert queue.turn("x") == 0.0 and not queue.admission.must_wait("x")
    queue.admission.release("x")
