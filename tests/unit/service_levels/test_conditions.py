"""Every condition alarms when it should, is quiet when it should, and is unknown where nothing is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from stackprobe.history.model import HistoryUnavailable, Sample
from stackprobe.service_levels.conditions import kinds

from tests.support.memory_history import MemoryHistory
from tests.support.service_levels import EVERY_S, NOW, before, calls_of, judge, step_of
from tests.unit import journals

STEP = {"step": "network/create_the_router"}
CALLS: dict[str, Any] = {"calls": {"service": "network", "method": "GET", "resource": "routers"}}
LIMIT = {**STEP, "within_s": 1}


class Away:
    """A history that does not answer."""

    def figures(self, *_: object) -> dict[str, list[Sample]]:
        raise HistoryUnavailable("graphite-web does not answer: connection refused")

    def runs(self, *_: object) -> list[Any]:
        raise HistoryUnavailable("graphite-web does not answer: connection refused")


def test_there_are_these_conditions() -> None:
    assert {key for kind in kinds() for key in kind.keys} == {
        "within_s", "limit_ms", "success_ratio", "error_ratio", "leftovers", "missing", "baseline",
    }  # fmt: skip


# --- duration, in one run


@pytest.mark.parametrize("limit", [{"within_s": 1}, {"limit_ms": 1000}])
def test_a_step_within_its_limit_is_ok_and_one_beyond_is_bad(limit: dict[str, Any]) -> None:
    rule = {**STEP, **limit}
    assert judge(rule, step_of(1000.0)).ok
    bad = judge(rule, step_of(1000.5), outcome="passed")
    assert bad.ok is False
    assert bad.reason == "took 1.00 s in this run, 1.00 s allowed"
    assert (bad.subject, bad.service, bad.severity) == ("network/create_the_router", "network", "degraded")


@pytest.mark.parametrize(
    ("statistic", "ok"), [("max", False), ("mean", False), ("median", True), ("p90", True), ("p95", False)]
)
def test_statistics_of_a_step_that_ran_several_times(statistic: str, ok: bool) -> None:
    verdict = judge({**LIMIT, "statistic": statistic}, step_of(*[100.0] * 9, 60_000.0))
    assert verdict.ok is ok
    assert verdict.reason.startswith(statistic) and verdict.reason.endswith("(10 values)")


@pytest.mark.parametrize(
    "write",
    [step_of(9e9, starved=True), step_of(100.0, outcomes=["skipped"]), step_of(100.0, outcomes=["error"]), step_of()],
)
def test_a_step_that_says_nothing_about_the_cloud_is_unknown(write: Callable[[journals.Journals], None]) -> None:
    verdict = judge(LIMIT, write)
    assert verdict.ok is None and verdict.reason == "this run has no duration of network/create_the_router"


def test_a_scenario_that_did_not_run_is_unknown() -> None:
    assert judge({"scenario": "volume", "within_s": 1}).ok is None
    assert judge({"step": "volume/create_the_volume", "success_ratio": 1}).ok is None


def test_scenarios_and_runs_have_durations_too() -> None:
    assert judge({"scenario": "network", "within_s": 2}, step_of(1500.0)).ok
    assert judge({"scenario": "network", "within_s": 1}, step_of(1500.0)).ok is False
    assert judge({"run": True, "within_s": 3}, step_of(1500.0), scenarios=["network"]).ok
    assert judge({"run": True, "within_s": 1}, step_of(1500.0), scenarios=["network"]).ok is False


def test_the_first_authentication_is_a_step_of_the_run() -> None:
    assert judge({"step": "run/authenticate", "limit_ms": 210}).ok
    assert judge({"step": "run/authenticate", "limit_ms": 209}).ok is False


def test_calls_are_a_group_by_patterns() -> None:
    slow = calls_of(200, 200, 503, duration_ms=700.0)
    for calls, ok in (
        ({"service": "network"}, False),
        ({"method": "{GET,POST}", "resource": "rout*"}, False),
        ({"service": "network", "status": "5xx"}, False),
        ({"service": "network", "status": 503}, False),
        ({"service": "network", "method": "POST"}, None),
        ({"service": "net"}, None),
        ({"service": "network", "status": "4xx"}, None),
        ({"service": "compute"}, None),
    ):
        assert judge({"calls": calls, "limit_ms": 500}, slow).ok is ok, calls
        if ok is False:
            assert judge({"calls": calls, "limit_ms": 700}, slow).ok, calls


# --- duration, over a window


def test_over_a_window_earlier_runs_count() -> None:
    rule = {**LIMIT, "statistic": "p90", "window": "2h"}
    slow = before(12, {"network.create_the_router.duration_ms": lambda age: 5000.0 if age <= 4 else 100.0})
    assert judge(rule, step_of(100.0), slow).ok is False
    rare = before(12, {"network.create_the_router.duration_ms": lambda age: 5000.0 if age == 4 else 100.0})
    verdict = judge(rule, step_of(100.0), rare)
    assert verdict.ok and verdict.reason == "p90 100 ms over 2h, 1.00 s allowed (13 runs)"


def test_a_window_ends_where_it_says() -> None:
    old = before(40, {"network.create_the_router.duration_ms": lambda age: 9000.0 if age > 12 else 100.0})
    assert judge({**LIMIT, "window": "2h"}, step_of(100.0), old).ok
    assert judge({**LIMIT, "window": "3h"}, step_of(100.0), old).ok is False


def test_the_greatest_of_repetitions_counts_for_max_and_zones_are_parts_of_the_step() -> None:
    series = {
        "network.create_the_router.az1.duration_ms": 200.0,
        "network.create_the_router.az1.max_ms": 1500.0,
        "network.create_the_router.az2.duration_ms": 300.0,
        "network.create_the_other.duration_ms": 9e9,
    }
    rule = {**LIMIT, "window": "1d"}
    assert judge(rule, step_of(100.0), before(9, series)).ok is False
    assert judge({**rule, "statistic": "p99"}, step_of(100.0), before(9, series)).ok


def test_a_mean_of_calls_is_that_of_the_calls_not_of_the_runs() -> None:
    series = {
        "api.network.GET.routers.200.count": 99.0,
        "api.network.GET.routers.200.mean_ms": 100.0,
        "api.network.GET.routers.503.count": 1.0,
        "api.network.GET.routers.503.mean_ms": 10_000.0,
    }
    rule = {**CALLS, "statistic": "mean", "window": "1d"}
    assert judge({**rule, "limit_ms": 200}, calls_of(200), before(9, series)).ok
    assert judge({**rule, "limit_ms": 190}, calls_of(200), before(9, series)).ok is False


def test_of_few_runs_a_window_says_nothing_yet() -> None:
    few = before(3, {"network.create_the_router.duration_ms": 9e9})
    verdict = judge({**LIMIT, "window": "7d"}, step_of(100.0), few)
    assert verdict.ok is None and verdict.reason == "cold start: 4 of at least 5 runs over 7d"
    assert judge({**LIMIT, "window": "7d", "minimum": 4}, step_of(100.0), few).ok is False


# --- ratios


def test_success_is_passed_of_passed_and_failed() -> None:
    rule = {**STEP, "success_ratio": 0.9}
    assert judge(rule, step_of(*[1.0] * 10, outcomes=["failed"]), outcome="failed").ok
    bad = judge(rule, step_of(*[1.0] * 10, outcomes=["failed"] * 2), outcome="failed")
    assert bad.ok is False and bad.reason == "8 of 10 went well in this run, 80.00% of at least 90.00%"
    assert judge(rule, step_of(*[1.0] * 3, outcomes=["error", "skipped"]), outcome="error").ok, (
        "error is not the cloud's"
    )
    assert judge(rule, step_of(1.0, outcomes=["error"]), outcome="error").ok is None


def test_success_over_a_window() -> None:
    def failing(share: int) -> MemoryHistory:
        return before(
            20,
            {
                "network.create_the_router.passed": lambda age: float(age % share != 0),
                "network.create_the_router.failed": lambda age: float(age % share == 0),
            },
        )

    rule = {**STEP, "success_ratio": 0.9, "window": "1d"}
    assert judge(rule, step_of(1.0), failing(10)).ok
    assert judge(rule, step_of(1.0), failing(5)).ok is False


def test_success_of_a_run_and_of_a_scenario() -> None:
    assert judge({"run": True, "success_ratio": 1}).ok
    assert judge({"scenario": "network", "success_ratio": 1}).ok
    failed = step_of(1.0, outcomes=["failed"])
    assert judge({"run": True, "success_ratio": 1}, failed, outcome="failed", scenarios=["network"]).ok is False
    assert judge({"scenario": "network", "success_ratio": 1}, failed, outcome="failed").ok is False


def test_calls_succeed_with_2xx_3xx_and_404() -> None:
    rule = {**CALLS, "success_ratio": 0.8}
    assert judge(rule, calls_of(200, 302, 404, 204, 503)).ok
    assert judge(rule, calls_of(200, 302, 409, 204, None)).ok is False


@pytest.mark.parametrize(
    ("shares", "statuses", "ok"),
    [
        ({"5xx": 0.25}, (200, 200, 404, 503), True),
        ({"5xx": 0.2}, (200, 200, 404, 503), False),
        ({"5xx": 0, "no_response": 0}, (200, 409), True),
        ({"5xx": 0, "no_response": 0}, (200, None), False),
        ({"4xx": 0.4}, (200, 404, 409), True),
        ({"4xx": 0.4}, (200, 400, 409), False),
    ],
)
def test_errors_by_class(shares: dict[str, float], statuses: tuple[int | None, ...], ok: bool) -> None:
    assert judge({**CALLS, "error_ratio": shares}, calls_of(*statuses)).ok is ok


def test_a_cloud_that_answers_nothing_but_503_is_bad_and_not_green_for_having_answered() -> None:
    verdict = judge({**CALLS, "error_ratio": {"5xx": 0.05, "no_response": 0.05}}, calls_of(*[503] * 20))
    assert verdict.ok is False
    assert verdict.reason == (
        "of 20 calls in this run 20 5xx (100.00% of at most 5.00%), 0 no_response (0.00% of at most 5.00%)"
    )


def test_errors_over_a_window_and_without_calls() -> None:
    rule = {**CALLS, "error_ratio": {"5xx": 0.1}, "window": "1d"}
    past = {"api.network.GET.routers.200.count": 10.0, "api.network.GET.routers.503.count": 1.0}
    assert judge(rule, calls_of(503), before(20, past)).ok
    past["api.network.GET.routers.503.count"] = 2.0
    assert judge(rule, calls_of(200), before(20, past)).ok is False
    assert judge(rule, step_of(1.0), before(20, past)).ok is None


# --- leftovers


def test_leftovers() -> None:
    assert judge({"run": True, "leftovers": 2}, leftovers=2).ok
    assert judge({"run": True, "leftovers": 1}, leftovers=2).ok is False
    assert judge({"scenario": "network", "leftovers": 0}).ok
    assert judge({"scenario": "volume", "leftovers": 0}).ok is None


# --- missing

MISSING = {"run": True, "missing": {"every": "10m"}}


def came(*minutes_ago: float) -> MemoryHistory:
    return MemoryHistory((), {"run.passed": [Sample(NOW - round(60 * one), 1.0) for one in minutes_ago]})


def test_runs_that_came_in_time_or_a_little_late_are_no_gap() -> None:
    assert judge(MISSING, past=came(10, 20, 30, 40, 50, 60)).ok
    assert judge(MISSING, past=came(24.5, 34.5)).ok, "one missing run of two is none"


@pytest.mark.parametrize("minutes", [(26, 36), (10, 20, 46, 56), (10, 20, 30, 40, 300)])
def test_a_gap_before_this_run_or_within_the_window_is_bad(minutes: tuple[float, ...]) -> None:
    verdict = judge(MISSING, past=came(*minutes))
    assert verdict.ok is False and "missing, one is expected every 10m" in verdict.reason


def test_a_gap_stays_bad_until_it_has_left_the_window() -> None:
    assert judge(MISSING, past=came(*range(10, 90, 10), 200)).ok is False
    assert judge(MISSING, past=came(*range(10, 130, 10), 200)).ok


def test_a_monitor_that_was_away_for_days_was_missing() -> None:
    assert judge(MISSING, past=came(3 * 24 * 60)).ok is False


def test_the_first_run_of_all_misses_nothing_that_is_known() -> None:
    verdict = judge(MISSING, past=MemoryHistory())
    assert verdict.ok is None and verdict.reason.startswith("cold start: no earlier run within 7d")


# --- baseline

BASELINE = {**STEP, "baseline": {}}
ROUTER = "network.create_the_router.duration_ms"


def noisy(age: int) -> float:
    return 1000.0 + 40 * math.sin(age * 1.7)


def test_a_run_like_those_before_is_normal_and_a_slow_one_is_not() -> None:
    past = before(200, {ROUTER: noisy})
    assert judge(BASELINE, step_of(1050.0), past).ok
    verdict = judge(BASELINE, step_of(1500.0), past)
    assert verdict.ok is False
    assert verdict.reason.startswith("took 1.50 s, normal is 999 ms and up to 1.25 s (median and spread of 200 runs")


def test_a_faster_run_is_no_deviation() -> None:
    assert judge(BASELINE, step_of(1.0), before(200, {ROUTER: noisy})).ok


def test_outliers_of_the_past_do_not_hide_a_slow_run() -> None:
    wild = before(200, {ROUTER: lambda age: 600_000.0 if age % 5 == 0 else noisy(age)})
    assert judge(BASELINE, step_of(1500.0), wild).ok is False
    assert judge(BASELINE, step_of(1050.0), wild).ok


def test_a_cloud_that_never_varies_does_not_alarm_on_noise() -> None:
    steady = before(200, {ROUTER: 1000.0})
    assert judge(BASELINE, step_of(1240.0), steady).ok
    assert judge(BASELINE, step_of(1260.0), steady).ok is False
    fast = before(200, {ROUTER: 10.0})
    assert judge(BASELINE, step_of(109.0), fast).ok, "less than 100 ms more is noise"
    assert judge(BASELINE, step_of(111.0), fast).ok is False
    strict = {**STEP, "baseline": {"deviation_ms": 0, "deviation_ratio": 0}}
    assert judge(strict, step_of(10.1), fast).ok is False


def test_a_cloud_that_varies_much_is_given_more_room() -> None:
    rough = before(200, {ROUTER: lambda age: 500.0 + 100 * (age % 11)})
    assert judge(BASELINE, step_of(2000.0), rough).ok
    assert judge({**STEP, "baseline": {"deviations": 1}}, step_of(2000.0), rough).ok is False


@pytest.mark.parametrize("count", [0, 1, 19])
def test_a_cold_start_is_unknown_and_says_so(count: int) -> None:
    verdict = judge(BASELINE, step_of(9e9), before(count, {ROUTER: 1.0}))
    assert verdict.ok is None and not verdict.damped.alarm
    assert verdict.reason == f"cold start: {count} of at least 20 earlier runs in 7 days"
    assert judge(BASELINE, step_of(9e9), before(20, {ROUTER: 1.0})).ok is False


def test_seven_days_are_seven_and_28_are_28() -> None:
    daily = before(28, {ROUTER: lambda age: 1000.0 if age > 7 else 10_000.0}, every_s=86_400)
    short = {**STEP, "baseline": {"days": 7, "minimum": 5}}
    assert judge(short, step_of(9000.0), daily).ok
    assert judge({**STEP, "baseline": {"days": 28, "minimum": 5}}, step_of(9000.0), daily).ok is False


def test_calls_have_a_baseline_too() -> None:
    past = before(30, {"api.network.GET.routers.200.count": 10.0, "api.network.GET.routers.200.mean_ms": 50.0})
    rule = {**CALLS, "baseline": {}}
    assert judge(rule, calls_of(200, duration_ms=100.0), past).ok
    assert judge(rule, calls_of(200, duration_ms=400.0), past).ok is False


# --- what may be wrong with a history

WINDOWED: list[dict[str, Any]] = [
    {**LIMIT, "window": "1d"},
    {**STEP, "success_ratio": 0.5, "window": "1d"},
    {**CALLS, "error_ratio": {"5xx": 0.5}, "window": "1d"},
    MISSING,
    BASELINE,
]


def both(journal: journals.Journals) -> None:
    calls_of(200)(journal)
    journal.step("network", "Create the router", duration_ms=10.0)


@pytest.mark.parametrize("rule", WINDOWED)
def test_without_a_history_what_needs_one_is_unknown_with_the_reason_and_never_good(rule: dict[str, Any]) -> None:
    none = judge(rule, both)
    assert none.ok is None and none.reason == "no history is configured: earlier runs are not known"
    away = judge(rule, both, Away())
    assert away.ok is None and "connection refused" in away.reason


@pytest.mark.parametrize("rule", WINDOWED)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0])
def test_values_that_are_none_are_as_if_they_were_not_there(rule: dict[str, Any], value: float) -> None:
    series = (ROUTER, "network.create_the_router.passed", "run.passed", "api.network.GET.routers.200.mean_ms")
    assert judge(rule, both, before(50, dict.fromkeys(series, value))).ok in (None, True)
    past = before(50, {"network.create_the_router.duration_ms": lambda age: value if age % 2 else 100.0})
    assert judge(BASELINE, step_of(120.0), past).ok
    assert judge(BASELINE, step_of(900.0), past).ok is False


def test_samples_of_this_run_and_from_the_future_are_not_of_the_past() -> None:
    ahead = [Sample(NOW + offset * EVERY_S, 1.0) for offset in range(50)]
    verdict = judge(BASELINE, step_of(9000.0), MemoryHistory((), {ROUTER: ahead}))
    assert verdict.ok is None and verdict.reason.startswith("cold start: 0 of")
    bad = [Sample(one.t, 1.0) for one in ahead]
    assert not judge(LIMIT, step_of(9000.0), MemoryHistory((), {"service_level.rule.bad": bad})).damped.alarm


def test_a_run_whose_clock_stands_at_nothing_knows_no_past() -> None:
    verdict = judge(BASELINE, step_of(1.0), before(50, {ROUTER: 1.0}), start=0.0)
    assert (
        verdict.ok is None and verdict.reason == "the start of the run is not known, so neither is what was before it"
    )


def test_two_runs_of_one_second_are_one_sample_each_and_unordered_samples_are_ordered() -> None:
    series = [Sample(NOW - age, 1000.0) for age in (900, 300, 600, 300)]
    rule = {**STEP, "baseline": {"minimum": 5}}
    assert judge(rule, step_of(1.0), MemoryHistory((), {ROUTER: series})).reason.startswith("cold start: 3 of")
