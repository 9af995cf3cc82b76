"""A tenant with one cloud: its own job stackprobe-cloud shadows the one here, and the templates do the rest."""

from __future__ import annotations

import pytest

from tests.zuul.published import results, run_record
from tests.zuul.rig import Rig

RHYTHMS = {
    "periodic-5min": ("stackprobe-read-only", {"endpoints", "identity"}),
    "periodic-15min": ("stackprobe-life-cycles", {"compute", "image", "network", "volume"}),
    "periodic-hourly": ("stackprobe-all", {"compute", "endpoints", "identity", "image", "network", "volume"}),
}


@pytest.mark.parametrize("pipeline", RHYTHMS)
def test_a_rhythm_runs_its_scenarios(rig: Rig, cloud: object, pipeline: str) -> None:
    job, scenarios = RHYTHMS[pipeline]
    assert rig.config_errors("templates") == []

    build = rig.run("templates", pipeline=pipeline, timeout_s=400)[job]

    assert build.result == "SUCCESS", build.console[-3000:]
    assert {one.name for one in results(build).scenarios} == scenarios
    assert run_record(build)["cloud"] == "theirs"


def test_a_sweep_a_day(rig: Rig, cloud: object) -> None:
    build = rig.run("templates", pipeline="periodic-daily", timeout_s=400)["stackprobe-sweep"]

    assert build.result == "SUCCESS", build.console[-3000:]
    assert "Sweep" in build.artifacts
