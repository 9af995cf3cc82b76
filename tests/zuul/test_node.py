"""Probing from a node: the same jobs with a nodeset, the same reports."""

from __future__ import annotations

from pathlib import Path

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud

from tests.integration.conftest import inventory, settled_inventory
from tests.zuul.published import leaks, problem_of, results, run_record
from tests.zuul.rig import Rig
from tests.zuul.rig.builds import Build


@pytest.fixture(scope="module")
def build(rig: Rig, cloud: Cloud, admin: Connection) -> Build:
    """A build that probes from the node; nothing is left of it in the cloud."""
    cloud.faults()
    before = inventory(admin)
    assert rig.config_errors("node") == []
    ended = rig.run("node", timeout_s=500)["node-probes"]
    assert settled_inventory(admin, before) == before
    return ended


def test_passes_and_publishes(build: Build) -> None:
    assert build.result == "SUCCESS", build.console[-4000:]
    assert {one.name: one.outcome for one in results(build).scenarios} == {"identity": "passed", "network": "passed"}
    assert {"Report", "JUnit", "Journal", "Figures", "Summary"} <= set(build.artifacts)
    assert "prober | " in build.console


def test_knows_its_build(build: Build) -> None:
    assert run_record(build)["ci"]["job"] == "node-probes"


def test_leaves_nothing_on_the_node(build: Build, rig: Rig) -> None:
    assert list(Path(rig.layout.root, "node", "home").glob("stackprobe-*")) == []


def test_publishes_no_secret(build: Build, placeholders: dict[str, str]) -> None:
    assert leaks([placeholders["CLOUD_PASSWORD"], "gAAAAA"], build.logs) == []


def test_a_mistake_is_the_probes_error(rig: Rig, build: Build) -> None:
    mistaken = rig.run("node", pipeline="manual-mistaken", timeout_s=500)["node-mistaken"]

    assert mistaken.result == "POST_FAILURE", mistaken.console[-4000:]
    assert "there is no scenario `netwrok`" in mistaken.console
    assert "there is no scenario `netwrok`" in problem_of(mistaken)
