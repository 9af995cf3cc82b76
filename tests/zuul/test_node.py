"""Probing from a node: the same jobs with a nodeset, the same reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from stackprobe.naming import new_run_id

from tests.support.clouds import Rules, inventory, settled_inventory
from tests.support.leaks import leaks
from tests.zuul.published import problem_of, results, run_record
from tests.zuul.rig import Rig
from tests.zuul.rig.builds import Build
from tests.zuul.rig.processes import wait_for

STUCK: Rules = [{"driver": "spawn", "name": "^cutnode-", "stuck": True}]


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
    assert {"Report", "JUnit", "Journal", "Figures", "Summary", "Sweep"} <= set(build.artifacts)
    assert "prober | " in build.console


def test_knows_its_build(build: Build) -> None:
    assert run_record(build)["ci"]["job"] == "node-probes"


def test_leaves_nothing_on_the_node(build: Build, rig: Rig) -> None:
    assert f"{_home(rig)}/stackprobe-{build.uuid}" in build.console  # it was there
    assert _left_on_the_node(rig) == []


def test_publishes_no_secret(build: Build, placeholders: dict[str, str]) -> None:
    assert leaks([placeholders["CLOUD_PASSWORD"], "gAAAAA"], build.logs) == []


@pytest.mark.thorough
def test_a_mistake_is_the_probes_error(rig: Rig, build: Build) -> None:
    mistaken = rig.run("node", pipeline="manual-mistaken", timeout_s=500)["node-mistaken"]

    assert mistaken.result == "POST_FAILURE", mistaken.console[-4000:]
    assert "there is no scenario `netwrok`" in mistaken.console
    assert "there is no scenario `netwrok`" in problem_of(mistaken)


@pytest.mark.thorough
def test_an_abort_leaves_nothing_on_the_node_and_in_the_cloud(
    rig: Rig, build: Build, admin: Connection, faults: Callable[[Rules], None]
) -> None:
    before = inventory(admin)
    faults(STUCK)
    item = rig.enqueue("node", pipeline="manual-cut")
    rig.running_build(item, "node-cut", 300)
    wait_for("a server starts", lambda: inventory(admin)["servers"] != before["servers"], 300)
    assert _runs_on_the_node(rig)

    rig.dequeue(item)

    assert rig.wait(item, timeout_s=400)["node-cut"].result == "ABORTED"
    assert _left_on_the_node(rig) == _runs_on_the_node(rig) == []
    assert settled_inventory(admin, before, 60.0) == before


@pytest.mark.thorough
def test_sweeps_from_the_node_what_was_left(rig: Rig, build: Build, demo: Connection, admin: Connection) -> None:
    before = inventory(admin)
    dead = f"cutnode-{new_run_id(time.time() - 7200, 60)}-net"
    demo.network.create_network(name=dead)

    sweep = rig.run("node", pipeline="manual-sweep", timeout_s=400)["node-sweep"]

    assert sweep.result == "SUCCESS", sweep.console[-4000:]
    assert dead in sweep.fetch("Sweep").decode()
    assert "prober | " in sweep.console
    assert _left_on_the_node(rig) == []
    assert settled_inventory(admin, before) == before


def _left_on_the_node(rig: Rig) -> list[Path]:
    return list(_home(rig).glob("stackprobe-*"))


def _runs_on_the_node(rig: Rig) -> list[str]:
    lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if f"{_home(rig)}/stackprobe-" in line]


def _home(rig: Rig) -> Path:
    return Path(rig.layout.root, "node", "home")
