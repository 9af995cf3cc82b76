"""Several jobs of one cloud: those that share its semaphore follow each other, whoever else runs beside them."""

from __future__ import annotations

from datetime import datetime

import pytest
from pocketcloud.cloud import Cloud

from tests.zuul.published import run_record
from tests.zuul.rig import Rig
from tests.zuul.rig.builds import Build

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def builds(rig: Rig, cloud: Cloud) -> dict[str, Build]:
    """All three, triggered at once."""
    cloud.faults()
    assert rig.config_errors("shared") == []
    return rig.run("shared", timeout_s=400)


def test_all_pass(builds: dict[str, Build]) -> None:
    assert {name: build.result for name, build in builds.items()} == dict.fromkeys(builds, "SUCCESS")
    assert len(builds) == 3


def test_those_of_one_semaphore_do_not_overlap(builds: dict[str, Build]) -> None:
    first, second = sorted((_span(builds[name]) for name in ("shared-one", "shared-other")), key=lambda one: one[0])
    assert second[0] >= first[1]


def test_one_without_it_runs_beside_them(builds: dict[str, Build]) -> None:
    start, end = _span(builds["shared-aside"])
    others = [_span(builds[name]) for name in ("shared-one", "shared-other")]
    assert any(start < other[1] and other[0] < end for other in others)


def test_the_wait_for_the_semaphore_is_told_as_start_delay(builds: dict[str, Build]) -> None:
    first, second = sorted((builds[name] for name in ("shared-one", "shared-other")), key=lambda one: _span(one)[0])
    start, end = _span(first)
    assert run_record(second)["start_delay_ms"] >= (end - start).total_seconds() * 1000


def _span(build: Build) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(build.record["start_time"]), datetime.fromisoformat(build.record["end_time"])
