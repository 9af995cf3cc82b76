"""The watchdog's job, on runs that arrive and on those that do not: each alarm is seen once, and so is the silence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud

from tests.support.clouds import Rules, inventory
from tests.zuul.published import problem_of
from tests.zuul.rig import Rig
from tests.zuul.rig.builds import Build, Running

HANG: Rules = [{"service": "image", "hang": "before"}]
TENANT = "watchdog"
ALARMS = {
    "watch-run-without-data": ["run elsewhere/RegionOne: no data: Graphite has no series watched.elsewhere."],
    "watch-job-without-builds": [
        "job idle: no data: no build of it has ever completed",
        "job wached: the job does not exist in this tenant",
    ],
    "watch-job-unjudged": ["job unstartable: the last 2 builds ended without a judgement (RETRY_LIMIT)"],
    "watch-job-long": ["job long: overlong: a build is in progress for "],
}


class Watched:
    """What was there to be watched, and what the watchdogs made of it."""

    def __init__(self, rig: Rig, cloud: Cloud) -> None:
        self.fair, self.unstartable = self._history(rig)
        cloud.faults(HANG)
        item = rig.enqueue(TENANT, pipeline="manual-long")
        self.long: Running = rig.running_build(item, "long")
        first, others = (rig.enqueue(TENANT, pipeline=f"manual-{name}") for name in ("watch-long", "watch"))
        self.watchdogs = rig.wait(first)
        self.still_ran = any(one.uuid == self.long.uuid for one in rig.running_builds(TENANT))
        cloud.faults()  # now it comes to its end
        self.watchdogs |= rig.wait(others, timeout_s=600)
        rig.wait(item, timeout_s=300)

    @staticmethod
    def _history(rig: Rig) -> tuple[Build, list[Build]]:
        fair = rig.enqueue(TENANT, pipeline="manual-watched")
        unstartable = [rig.run(TENANT, pipeline="manual-unstartable")["unstartable"] for _ in range(2)]
        return rig.wait(fair)["watched"], unstartable


@pytest.fixture(scope="module")
def watched(rig: Rig, cloud: Cloud, admin: Connection) -> Watched:
    """All builds, the cloud is as it was before."""
    cloud.faults()
    before = inventory(admin)
    assert rig.config_errors(TENANT) == []
    try:
        found = Watched(rig, cloud)
    finally:
        cloud.faults()
    assert inventory(admin) == before
    return found


def test_is_silent_while_runs_arrive(watched: Watched) -> None:
    build = watched.watchdogs["watch-fair"]

    assert watched.fair.result == "SUCCESS", watched.fair.console[-3000:]
    assert build.result == "SUCCESS", build.console[-3000:]
    assert [(one["outcome"], one["alarms"], one["blind"]) for one in _watched(build)] == [("passed", [], None)] * 2


@pytest.mark.parametrize(("job", "alarm"), [(job, alarm) for job, alarms in ALARMS.items() for alarm in alarms])
def test_alarms(watched: Watched, job: str, alarm: str) -> None:
    build = watched.watchdogs[job]

    assert build.result == "FAILURE", build.console[-3000:]
    assert any(line.startswith(alarm) for line in json.loads(build.fetch("Watchdog"))["warnings"])
    assert any(line.startswith(alarm) for line in build.warnings)
    assert f'"msg": "{json.loads(build.fetch("Watchdog"))["warnings"][0][:60]}' in build.console  # the worst of all


def test_names_only_what_stays_away(watched: Watched) -> None:
    outcomes = {job: [one["outcome"] for one in _watched(build)] for job, build in watched.watchdogs.items()}

    assert outcomes["watch-run-without-data"] == ["passed", "failed"]
    assert outcomes["watch-job-without-builds"] == ["failed", "failed", "passed"]


def test_has_a_result_of_its_own_when_it_cannot_ask(watched: Watched) -> None:
    build = watched.watchdogs["watch-unreachable"]

    assert build.result == "POST_FAILURE"
    assert "cannot be asked" in problem_of(build)
    assert any("Graphite cannot be asked: http://127.0.0.1:1/render" in line for line in build.warnings)
    assert any("Zuul cannot be asked: " in line for line in build.warnings)
    assert [one["outcome"] for one in _watched(build)] == ["error", "error"]


def test_points_to_the_builds(watched: Watched, rig: Rig) -> None:
    pages = f"{rig.placeholders['ZUUL_URL']}/t/{TENANT}/build"

    assert [build.result for build in watched.unstartable] == ["RETRY_LIMIT", "RETRY_LIMIT"]
    assert f"{pages}/{watched.unstartable[-1].uuid}" in _alarms(watched.watchdogs["watch-job-unjudged"])
    assert watched.still_ran
    assert f"{pages}/{watched.long.uuid}" in _alarms(watched.watchdogs["watch-job-long"])


def test_needs_no_credentials(watched: Watched) -> None:
    for build in watched.watchdogs.values():
        assert "are in place" not in build.console
        assert set(build.artifacts) >= {"Watchdog", "JUnit"}


def _watched(build: Build) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(build.fetch("Watchdog"))["watched"]
    return found


def _alarms(build: Build) -> str:
    return "\n".join(alarm for one in _watched(build) for alarm in one["alarms"])
