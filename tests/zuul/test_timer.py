"""A timer that fires while its item is live: Zuul drops the run without a word, and the watchdog has one.

The job of this tenant runs from the rig's start to its end, as the timer has it.
"""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.zuul.rig import Rig
from tests.zuul.rig.builds import Build
from tests.zuul.rig.processes import wait_for

pytestmark = pytest.mark.thorough

EVERY_S = 30


@pytest.fixture(scope="module")
def builds(rig: Rig) -> list[dict[str, Any]]:
    """Two builds or more that followed each other, the oldest first."""
    assert rig.config_errors("timer") == []
    found: list[dict[str, Any]] = wait_for("the timer has fired twice", lambda: _two_or_more(rig), 240, interval_s=1.0)
    return found


@pytest.fixture(scope="module")
def watchdog(rig: Rig, builds: list[dict[str, Any]]) -> Build:
    """What the watchdog says of them."""
    return rig.run("timer")["watch-slow"]


def test_the_timer_fires(builds: list[dict[str, Any]]) -> None:
    for build in builds:
        assert (build["job_name"], build["pipeline"], build["result"]) == ("slow", "periodic", "SUCCESS")
        assert _time(build["event_timestamp"]) % EVERY_S == pytest.approx(0, abs=5)


def test_zuul_drops_the_runs_in_between(builds: list[dict[str, Any]]) -> None:
    for before, after in itertools.pairwise(builds):
        assert _time(before["end_time"]) > _time(before["event_timestamp"]) + EVERY_S
        assert _time(after["event_timestamp"]) >= _time(before["end_time"])
        assert _time(after["event_timestamp"]) - _time(before["event_timestamp"]) > 1.5 * EVERY_S


def test_the_watchdog_says_so(watchdog: Build) -> None:
    assert watchdog.result == "FAILURE", watchdog.console[-3000:]
    (one,) = json.loads(watchdog.fetch("Watchdog"))["watched"]
    assert any(alarm.startswith("overlong: ") and "swallowed the next run" in alarm for alarm in one["alarms"])
    assert any(alarm.startswith("gap: ") and "missing" in alarm for alarm in one["alarms"])


def _two_or_more(rig: Rig) -> list[dict[str, Any]]:
    """Of those that nothing has disturbed: other tests kill the executor, and their builds are started again."""
    newest_first = rig.api.get("tenant/timer/builds", pipeline="periodic", job_name="slow", complete="true")
    undisturbed = list(itertools.takewhile(lambda build: build["result"] == "SUCCESS", newest_first))
    return undisturbed[::-1] if len(undisturbed) >= 2 else []


def _time(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
