"""Workers side by side: which tests one of them has together, and which begin first."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.support.side_by_side import FIRST, TOGETHER, in_order, scope

WEATHER = "tests/guests/scenarios/test_weather.py::test_a_fault_is_seen"


def test_tests_of_one_run_go_to_one_worker_and_those_of_another_may_go_elsewhere() -> None:
    first, second = (scope(f"{WEATHER}[storm {number} {one}]") for number, one in ((1, "ipv6: cut"), (1, "guest_cpu")))
    assert first == second != scope(f"{WEATHER}[storm 2 ipv6: loss]") != scope(f"{WEATHER}[storm 22 ipv6: loss]")
    assert scope("tests/unit/test_a.py::test_b[it is a storm 1]") == "tests/unit/test_a.py"


def test_a_file_that_is_named_goes_before_its_directory() -> None:
    folder = "tests/guests/scenarios"
    assert scope(f"{folder}/test_killed_with_guests.py::test") != scope(f"{folder}/test_logins.py::test")
    assert scope(f"{folder}/test_logins.py::test") == scope(f"{folder}/test_weather.py::test[ipv6]")
    assert scope("tests/guests/test_ipv6.py::test") == scope("tests/guests/test_volumes.py::test")


def test_the_longest_begin_first_and_the_rest_stays_as_it_was() -> None:
    long, longer = "tests/integration/test_killed_runs.py::test", "tests/zuul/test_fair.py::test"
    others = ["tests/zuul/test_static.py::test", "tests/integration/engine/test_answers.py::test"]
    items: list[Any] = [SimpleNamespace(nodeid=name) for name in (others[0], long, others[1], longer)]
    in_order(items)
    assert [item.nodeid for item in items] == [longer, long, *others]


def test_what_begins_first_is_there() -> None:
    root = Path(__file__).resolve().parents[2]
    assert [what for what in FIRST if what not in TOGETHER.values() and not (root / what).is_file()] == []
