"""How often a waiting step asks, and the names that steps give to metrics."""

from __future__ import annotations

import doctest

import pytest
from stackprobe.engine import urls
from stackprobe.engine.state import worst
from stackprobe.engine.steps import wait
from stackprobe.engine.steps.wait import interval
from stackprobe.metricname import key_of


@pytest.mark.parametrize("waited_s", [0, 1, 30, 59.9, 60, 61, 100, 300, 3600, 1e6])
def test_a_pause_is_between_one_and_five_seconds(waited_s: float) -> None:
    assert 1.0 <= interval(waited_s) <= 5.0


def test_pauses_grow_with_the_wait_so_that_precision_stays_in_proportion() -> None:
    pauses = [interval(waited_s) for waited_s in range(0, 1000, 5)]
    assert pauses == sorted(pauses)
    assert all(interval(waited_s) <= max(1.0, 0.02 * waited_s) for waited_s in range(1, 3600))


@pytest.mark.parametrize("least_s", [1.0, 2.5, 60.0])
def test_the_configured_pause_is_the_least(least_s: float) -> None:
    assert all(interval(waited_s, least_s) >= least_s for waited_s in (0, 100, 1000))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Create the network", "create_the_network"),
        ("SSH: log in (IPv6)!", "ssh_log_in_ipv6"),
        ("  ", "step"),
        ("Größe", "gr_e"),
        ("a.b/c", "a_b_c"),
    ],
)
def test_the_metric_part_of_a_steps_name(name: str, key: str) -> None:
    assert key_of(name) == key


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        (["passed", "failed", "error"], "failed"),
        (["passed", "error"], "error"),
        (["skipped", "passed"], "passed"),
        (["skipped"], "skipped"),
        ([], "skipped"),
    ],
)
def test_the_worst_outcome(outcomes: list[str], whole: str) -> None:
    assert worst(outcomes) == whole


@pytest.mark.parametrize("module", [urls, wait])
def test_examples_in_the_documentation_are_true(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
