"""A tenant with one cloud: its own job stackprobe-cloud shadows the one here, and the templates do the rest."""

from __future__ import annotations

import pytest

from tests.zuul.published import results, run_record
from tests.zuul.rig import Rig

RHYTHMS = {
    "periodic-5min": ("stackprobe-read-only", ["read_only"]),
    "periodic-15min": ("stackprobe-life-cycles", ["life_cycle"]),
    "periodic-hourly": ("stackprobe-all", None),
    "periodic-daily": ("stackprobe-sweep", None),
}
LOGIN = "playbooks/probe/pre.yaml"


@pytest.mark.parametrize("pipeline", RHYTHMS)
def test_a_rhythm_has_its_job_with_the_operators_secret(rig: Rig, pipeline: str) -> None:
    name, tags = RHYTHMS[pipeline]
    assert rig.config_errors("templates") == []

    job = rig.frozen_job("templates", pipeline, name)

    assert job["vars"].get("probe_tags") == tags
    # secrets go to the playbooks of the base job, where the login is, and not to those of its children
    assert (job["pre_playbooks"][-1]["path"], list(job["pre_playbooks"][-1]["secrets"])) == (LOGIN, ["probe_clouds"])


@pytest.mark.thorough
def test_a_rhythm_runs_its_scenarios(rig: Rig, cloud: object) -> None:
    build = rig.run("templates", pipeline="periodic-5min", timeout_s=400)["stackprobe-read-only"]

    assert build.result == "SUCCESS", build.console[-3000:]
    passed = {one.name for one in results(build).scenarios if one.outcome == "passed"}
    assert passed == {"endpoints", "identity", "quota"}
    assert run_record(build)["cloud"] == "theirs"


@pytest.mark.thorough
def test_a_sweep_a_day(rig: Rig, cloud: object) -> None:
    build = rig.run("templates", pipeline="periodic-daily", timeout_s=400)["stackprobe-sweep"]

    assert build.result == "SUCCESS", build.console[-3000:]
    assert "Sweep" in build.artifacts
