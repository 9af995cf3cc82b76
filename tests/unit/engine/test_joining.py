"""What a join does with the steps that it waits for."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from stackprobe.engine.background import Background, gather
from stackprobe.engine.classify import StepError
from stackprobe.engine.joins import spread

FIGURES = [{"since_ms": 30.0}, {"since_ms": 10.0}, {"connect_ms": 1.0}, {"since_ms": 20.0}]


def test_a_spread_tells_how_a_figure_lies_with_its_unit_at_the_end() -> None:
    assert spread({"login": "since_ms"}, FIGURES) == {
        "login_min_ms": 10.0,
        "login_median_ms": 20.0,
        "login_p95_ms": pytest.approx(30.0, abs=1.5),
        "login_max_ms": 30.0,
        "login_count": 3.0,
    }


def test_a_figure_that_no_step_has_gives_nothing() -> None:
    assert spread({"login": "never_ms"}, FIGURES) == spread(None, FIGURES) == spread("", FIGURES) == {}


@pytest.mark.parametrize("wanted", ["since_ms", ["since_ms"], {"login": 3}, {"login": "since"}])
def test_what_is_no_mapping_to_figures_is_refused(wanted: Any) -> None:
    with pytest.raises(StepError, match="`spread` must be a mapping"):
        spread(wanted, FIGURES)


def test_one_that_goes_wrong_gives_up_those_of_its_zone_and_no_others() -> None:
    ends = {name: threading.Event() for name in ("login a", "login b")}

    def wait(name: str, fatal: bool = False) -> dict[str, Any]:
        assert ends[name].wait(30)
        return {"fatal": fatal, "name": name}

    steps = [
        Background("a", "boot a", lambda: {"fatal": True, "name": "boot a"}),
        Background("a", "login a", lambda: wait("login a")),
        Background("b", "login b", lambda: wait("login b")),
    ]
    given_up: list[str | None] = []

    def give_up(zone: str | None) -> None:
        given_up.append(zone)
        ends["login a"].set()
        ends["login b"].set()  # b ends by itself

    answers = gather(steps, give_up)
    assert set(given_up) == {"a"}
    assert [one["name"] for one in answers] == ["boot a", "login a", "login b"]


def test_where_all_goes_well_nothing_is_given_up() -> None:
    steps = [Background(zone, f"boot {zone}", lambda: {"fatal": False}) for zone in ("a", "b")]
    assert gather(steps, lambda zone: pytest.fail("nothing is wrong")) == [{"fatal": False}, {"fatal": False}]


def test_a_step_in_the_background_always_has_an_answer() -> None:
    def broken() -> dict[str, Any]:
        raise RuntimeError("no")

    answer = Background(None, "one", broken).answer.result(timeout=30)
    assert answer["outcome"] == "error" and answer["fatal"] and "RuntimeError: no" in answer["message"]
