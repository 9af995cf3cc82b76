"""Thirty scenarios of the operator's own in one build: five hang, and hold up nobody.

Zuul's Ansible has five forks: as many as hang.
"""

from __future__ import annotations

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from stackprobe.results import Results, Scenario

from tests.support.clouds import Rules, inventory
from tests.zuul.published import results
from tests.zuul.rig import Rig
from tests.zuul.rig.builds import Build

pytestmark = pytest.mark.thorough

HANG: Rules = [{"service": "image", "path": "images.*the-one-that-hangs", "hang": "before"}]
DEADLINE_S = 25  # of the steps that hang, see prepare.py


@pytest.fixture(scope="module")
def build(rig: Rig, cloud: Cloud, admin: Connection) -> Build:
    """The one build, with the fault; the cloud is as it was before."""
    before = inventory(admin)
    assert rig.config_errors("crowd") == []
    cloud.faults(HANG)
    try:
        ended = rig.run("crowd", timeout_s=400)["crowd"]
    finally:
        cloud.faults()
    assert inventory(admin) == before
    return ended


@pytest.fixture(scope="module")
def found(build: Build) -> Results:
    """What the build found."""
    return results(build)


def test_the_cloud_has_failed(build: Build, found: Results) -> None:
    assert build.result == "FAILURE", build.console[-3000:]
    assert (found.outcome, found.finished) == ("failed", True)


def test_those_that_hang_are_given_up_at_their_deadline(found: Results) -> None:
    hanging = _named(found, "hanging_")

    assert len(hanging) == 5
    for scenario in hanging:
        (step,) = (one for one in scenario.steps if one.name == "Find the image")
        assert (scenario.outcome, step.outcome) == ("failed", "failed")
        assert "deadline passed" in (step.message or "")
        assert step.duration_ms == pytest.approx(DEADLINE_S * 1000, rel=0.1)


def test_the_others_pass(found: Results) -> None:
    assert [one.outcome for one in _named(found, "quick_")] == ["passed"] * 25


def test_the_others_end_long_before(found: Results) -> None:
    began = [one.start_t for one in _named(found, "hanging_") if one.start_t is not None]
    gave_up = min(_end(one) for one in _named(found, "hanging_"))
    ends = sorted(_end(one) for one in _named(found, "quick_"))

    assert len(began) == 5
    assert max(began) < ends[len(ends) // 2]  # most of them ended while all five hung
    assert ends[-1] < gave_up - DEADLINE_S / 4


def test_sweeps_nothing_when_told_so(build: Build) -> None:
    assert "Sweep" not in build.artifacts
    assert "TASK [sweep_leftovers" not in build.console


def _named(found: Results, beginning: str) -> list[Scenario]:
    return [one for one in found.scenarios if one.name.startswith(beginning)]


def _end(scenario: Scenario) -> float:
    assert scenario.start_t is not None and scenario.duration_ms is not None
    return scenario.start_t + scenario.duration_ms / 1000
