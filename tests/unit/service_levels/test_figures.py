"""Percentiles are values that were measured, and outliers move neither median nor spread."""

from __future__ import annotations

import pytest
from stackprobe.service_levels.figures import Weighted, fraction_of, median_and_mad, statistic

TEN = [Weighted(float(value)) for value in range(1, 11)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("max", 10), ("mean", 5.5), ("median", 5), ("p95", 10), ("p90", 9), ("p50", 5), ("p99.9", 10), ("p1", 1)],
)
def test_statistics_of_ten_values(name: str, expected: float) -> None:
    assert statistic(name, reversed(TEN)) == expected


def test_a_value_that_stands_for_many_weighs_as_many() -> None:
    values = [Weighted(10, 99), Weighted(1000, 1)]
    assert statistic("mean", values) == pytest.approx(19.9)
    assert (statistic("p99", values), statistic("p99.5", values), statistic("max", values)) == (10, 1000, 1000)


def test_one_value_is_every_statistic() -> None:
    assert {statistic(name, [Weighted(7)]) for name in ("max", "mean", "median", "p1", "p99.9")} == {7}


@pytest.mark.parametrize("name", ["mean", "p0", "p100", "p", "average", "p99.99"])
def test_what_is_no_percentile_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no percentile"):
        fraction_of(name)


def test_a_few_outliers_move_neither_the_median_nor_the_spread() -> None:
    calm = [100.0, 101, 99, 102, 98, 100, 101, 99, 100, 100]
    wild = [*calm[:-2], 1e9, 5e9]
    assert median_and_mad(calm) == (100, 1)
    middle, spread = median_and_mad(wild)
    assert abs(middle - 100) <= 1 and spread <= 2
