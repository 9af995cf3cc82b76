"""A cloud with faults: the build fails and says why, wherever one looks; and no figure of it is lost or doubled."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from junitparser import JUnitXml
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from pocketgraphite import Graphite
from stackprobe.graphite.points import Point, parse_points

from tests.support.clouds import Rules, inventory, settled_inventory
from tests.zuul.published import problem_of, results
from tests.zuul.rig import Rig
from tests.zuul.rig.builds import Build

NO_ROUTERS: Rules = [{"service": "network", "method": "POST", "path": "/routers$", "status": 500}]
DROPS_ONE: Rules = [
    {"service": "network", "method": "GET", "path": "/routers/[0-9a-f-]{36}", "drop": "before", "times": 1}
]


class Days:
    """Two builds of the same job: one on a cloud with a fault while Graphite is away, and one when both are back.

    Beside the second, one of another job that Zuul tries again; what it asks of the cloud has no fault.
    """

    def __init__(self, rig: Rig, cloud: Cloud, graphite: Graphite) -> None:
        cloud.faults(NO_ROUTERS)
        graphite.stop("carbon")
        try:
            item = rig.enqueue("faulty")
            self.bad = rig.wait(item, timeout_s=400)["faulty"]
            self.told = _returned(rig.message(item))
        finally:
            graphite.start("carbon")
        cloud.faults(DROPS_ONE)
        tried_again = rig.enqueue("faulty", pipeline="manual-retried")
        self.good = rig.run("faulty", timeout_s=400)["faulty"]
        self.retried = rig.wait(tried_again, timeout_s=400)["retried"]


@pytest.fixture(scope="module")
def days(rig: Rig, cloud: Cloud, graphite: Graphite, admin: Connection) -> Iterator[Days]:
    """Both builds; nothing is left of them in the cloud."""
    assert rig.config_errors("faulty") == []
    before = inventory(admin)
    try:
        yield Days(rig, cloud, graphite)
    finally:
        cloud.faults()
    assert settled_inventory(admin, before) == before


def test_the_build_fails_with_the_faults_own_words(days: Days) -> None:
    assert days.bad.result == "FAILURE", days.bad.console[-3000:]
    assert "the cloud failed: network, Create the router: " in days.bad.console
    assert "500" in days.bad.console.partition("the cloud failed: network, Create the router: ")[2].splitlines()[0]
    assert problem_of(days.bad) == ""  # the probe itself has no fault


def test_every_report_shows_the_fault_and_blames_nobody_else(days: Days) -> None:
    found = results(days.bad)
    cases = [case for suite in JUnitXml.fromstring(days.bad.fetch("JUnit")) for case in suite]

    assert {one.name: one.outcome for one in found.scenarios} == {"identity": "passed", "network": "failed"}
    assert [case.name for case in cases if case.result and case.result[0]._tag == "failure"] == ["Create the router"]
    assert [case for case in cases if case.result and case.result[0]._tag == "error"] == []
    assert b"Create the router" in days.bad.fetch("Report")


def test_programs_are_told_over_mqtt(days: Days) -> None:
    told = days.told["stackprobe"]

    assert told == {**json.loads(days.bad.fetch("Summary")), "verdict": told["verdict"]}
    assert (told["outcome"], told["verdict"]["exit_code"]) == ("failed", 1)
    assert told["problems"][0]["step"] == "Create the router"


def test_a_cloud_that_is_degraded_passes_with_a_warning(days: Days) -> None:
    assert days.good.result == "SUCCESS", days.good.console[-3000:]
    assert any(line.startswith("retried: network, ") for line in days.good.warnings)


def test_figures_that_could_not_be_delivered_are_published(days: Days) -> None:
    assert any("wait for a later build" in line for line in days.bad.warnings)
    assert days.bad.fetch("Figures not delivered yet")


def test_the_next_build_delivers_them(days: Days, graphite: Graphite) -> None:
    assert "Figures not delivered yet" not in days.good.artifacts
    assert not any("wait for a later build" in line for line in days.good.warnings)
    for build in (days.bad, days.good):
        figures = _figures(build)
        stored = graphite.render([point.name for point in figures], figures[0].t - 60, figures[0].t + 60)
        assert [point for point in figures if (point.t, float(point.value)) not in stored.get(point.name, [])] == []


@pytest.fixture(scope="module")
def red(days: Days, rig: Rig, cloud: Cloud) -> dict[str, Build]:
    """Builds of a cloud without a fault that is held to what it does not promise; Graphite knows two runs of before."""
    cloud.faults()
    return rig.run("faulty", pipeline="manual-red", timeout_s=400)


@pytest.mark.thorough
def test_builds_can_be_made_red_on_purpose(red: dict[str, Build]) -> None:
    builds = red
    assert (builds["red-service"].result, builds["red-slow"].result) == ("FAILURE", "FAILURE")
    promised = (
        "the cloud failed: run, Service no-such is in the catalog: the configuration promises the service no-such"
    )
    assert promised in builds["red-service"].console
    assert any(line.startswith("too slow: network, Create the network: ") for line in builds["red-slow"].warnings)


@pytest.mark.thorough
def test_the_result_follows_the_damped_state_where_that_is_asked_for(red: dict[str, Build]) -> None:
    build = red["red-yet"]
    found = results(build)

    assert {one.name: one.outcome for one in found.scenarios} == {"identity": "failed", "network": "passed"}
    assert build.result == "SUCCESS", build.console[-3000:]
    assert any(line.startswith("no alarm yet: identity failed: ") for line in build.warnings)
    # one build before had no router, as Graphite has it
    (line,) = [line for line in build.warnings if line.startswith("no alarm yet: network_works: ")]
    assert json.loads(build.fetch("Summary"))["service_levels"]["history"] == "known", line


def test_nothing_is_sent_of_a_build_that_zuul_tries_again(days: Days, rig: Rig, graphite: Graphite) -> None:
    build = days.retried

    assert build.result == "RETRY_LIMIT", build.console[-3000:]
    assert "TASK [Fail]" in build.console  # it came so far
    attempts = rig.api.get("tenant/faulty/builds", job_name="retried")
    assert [one["result"] for one in attempts] == ["RETRY_LIMIT", "RETRY"]
    outcomes = graphite.render(["retried.embedded.RegionOne.run.passed"], time.time() - 3000, time.time() + 60)
    assert [value for points in outcomes.values() for _, value in points] == [1]


def _returned(message: dict[str, Any]) -> dict[str, Any]:
    (build,) = message["buildset"]["builds"]
    returned: dict[str, Any] = build["returned_data"]
    return returned


def _figures(build: Build) -> list[Point]:
    path = build.logs / "stackprobe" / "metrics.txt"
    return parse_points(path.read_text(), path)
