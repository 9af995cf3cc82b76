"""The rig itself: that it tells the truth."""

from __future__ import annotations

from tests.zuul.rig import Rig


def test_runs_the_jobs_of_a_tenant_and_tells_their_results(rig: Rig) -> None:
    assert rig.config_errors("smoke") == []

    builds = rig.run("smoke")

    assert {name: build.result for name, build in builds.items()} == {"smoke": "SUCCESS", "smoke-fails": "FAILURE"}
    passed = builds["smoke"]
    assert "TASK [Return something]" in passed.console
    assert passed.fetch("Console").decode() == passed.console
    assert passed.warnings == ["something is slow"] * 2
    assert passed.job_output_json[0]["phase"] == "pre"
