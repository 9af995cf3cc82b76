"""This repository's own demonstration, from the embedded cloud's start to its end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from stackprobe.results import Outcome, from_directory

from tests.github.clouds import CHECKOUT
from tests.github.operating import MACHINE, PYTHON
from tests.github.runner import Expressions, Request, run_workflow

#: Where the services of the embedded cloud lie ready; a runner of GitHub has them in a cache of Actions.
CACHE = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")


@pytest.mark.thorough
def test_it_probes_a_cloud_of_its_own_and_leaves_no_process(tmp_path: Path, expressions: Expressions) -> None:
    run = run_workflow(
        Request(
            repository="OWNER/stackprobe",
            directory=CHECKOUT,
            workflow=".github/workflows/demonstration.yaml",
            root=tmp_path / "machine",
            event_name="schedule",
            event={"schedule": "23 */6 * * *"},
            machine=MACHINE | {"XDG_CACHE_HOME": CACHE},
            python=PYTHON,
        ),
        expressions,
    )
    embedded = run.job("The embedded cloud")
    assert run.conclusion == "success" and embedded.conclusion == "success"
    assert run.job("clouds").conclusion == "skipped", "this repository has no cloud here"
    assert embedded.orphans == [] and embedded.permissions == {"contents": "read"}
    assert from_directory(run.artifacts / "stackprobe-demo").outcome is Outcome.PASSED
    assert "## ✅ demo / RegionOne – passed" in embedded.summary
