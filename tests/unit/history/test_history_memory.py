"""A history in memory, and the patterns that all histories share."""

from __future__ import annotations

import pytest
from stackprobe.history.model import PastRun, Sample
from stackprobe.history.patterns import matcher
from stackprobe.results import Outcome

from tests.support.memory_history import MemoryHistory


@pytest.mark.parametrize(
    ("pattern", "figure", "expected"),
    [
        ("compute.duration_ms", "compute.duration_ms", True),
        ("compute.duration_ms", "xcompute.duration_ms", False),
        ("compute.*.failed", "compute.boot.failed", True),
        ("compute.*.failed", "compute.boot.az1.failed", False),
        ("*.failed", "compute.failed", True),
        ("api.*.*.*.5*.count", "api.compute.POST.servers.503.count", True),
        ("api.*.*.*.5*.count", "api.compute.POST.servers.202.count", False),
        ("run.{passed,failed}", "run.failed", True),
        ("run.{passed,failed}", "run.error", False),
        ("run.{scenarios_*,error}", "run.scenarios_failed", True),
        ("a.{b", "a.{b", True),
        ("a.(b|c)", "a.b", False),
        ("*", "", True),
    ],
)
def test_a_pattern_is_one_of_graphite(pattern: str, figure: str, expected: bool) -> None:
    assert matcher([pattern])(figure) is expected


def test_without_patterns_nothing_matches() -> None:
    assert not matcher([])("") and not matcher([])("a")


def test_samples_and_runs_come_in_the_order_of_time_and_of_the_window_with_both_its_ends() -> None:
    samples = [Sample(t, float(t)) for t in (30, 10, 20, 40)]
    runs = [PastRun(t, Outcome.PASSED) for t in (30, 10, 20, 40)]
    history = MemoryHistory(runs, {"b.failed": samples, "a.failed": samples, "a.duration_ms": samples})
    found = history.figures(["*.failed"], 20, 30)
    assert list(found) == ["a.failed", "b.failed"]
    assert found["a.failed"] == [Sample(20, 20.0), Sample(30, 30.0)]
    assert [run.t for run in history.runs(20, 30)] == [20, 30]
    assert history.figures(["*.failed"], 41, 50) == {}
