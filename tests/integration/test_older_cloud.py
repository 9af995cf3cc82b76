"""Scenarios, sweep and init on the oldest release of OpenStack that the embedded cloud can be of."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pocketcloud.cloud import Cloud
from pocketcloud.series import OLDEST
from pocketcloud.services import CORE
from stackprobe.releases import NAMED
from stackprobe.results import Outcome
from stackprobe.scenarios import Scenario, discover, roles_paths

from tests.integration.probing import Probed, run_probes
from tests.support.clouds import connect, inventory, running, settled_inventory

pytestmark = pytest.mark.thorough

HASTE = {"compute": {"boot_deadline": 60, "action_deadline": 60, "delete_deadline": 60}}
SIDE_BY_SIDE = 6
"""Scenarios at a time: all at once keep its databases busy for longer than a step may take on a busy machine."""


@pytest.fixture(scope="module")
def older_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A running cloud of the oldest series, without faults."""
    yield from running(tmp_path_factory.mktemp("older"), series=OLDEST)


def _for_customers() -> list[Scenario]:
    """The scenarios that a customer of a cloud without optional services can run."""
    types = {service.type for service in CORE}
    return [
        scenario
        for scenario in discover(roles_paths()).values()
        if set(scenario.services) <= types and not scenario.opt_in and "admin" not in scenario.tags
    ]


@pytest.fixture(scope="module")
def run(older_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Probed:
    """A run of all of them, of which nothing is left."""
    admin = connect(older_cloud.clouds_yaml, "admin")
    before = inventory(admin)
    names = [scenario.name for scenario in _for_customers()]
    directory = tmp_path_factory.mktemp("older-run") / "run"
    done = run_probes(older_cloud.clouds_yaml, directory, names, options=HASTE, parallel=SIDE_BY_SIDE)
    assert done.results.leftovers == 0
    assert settled_inventory(admin, before) == before
    return done


def test_the_cloud_is_as_old_as_it_says(older_cloud: Cloud) -> None:
    compute = connect(older_cloud.clouds_yaml, "demo").compute
    microversions = compute.get_endpoint_data().max_microversion
    assert microversions == (2, 96), "nova 29"
    types = {entry["type"] for entry in connect(older_cloud.clouds_yaml, "demo").service_catalog}
    assert "volumev3" in types and "block-storage" not in types


@pytest.mark.parametrize("scenario", _for_customers(), ids=lambda scenario: scenario.name)
def test_a_scenario_works_there(scenario: Scenario, run: Probed) -> None:
    assert scenario.release in (None, *NAMED) or scenario.release <= OLDEST.name
    outcome = run.scenario(scenario.name).outcome
    nothing_to_watch = scenario.name in ("http_watch", "dns_resolve")
    assert outcome is (Outcome.SKIPPED if nothing_to_watch else Outcome.PASSED), run.said


def test_a_fault_is_seen_there(older_cloud: Cloud, tmp_path: Path) -> None:
    older_cloud.faults([{"driver": "spawn", "name": "az2$", "error": "the hypervisor is on fire"}])
    try:
        bad = run_probes(older_cloud.clouds_yaml, tmp_path / "run", ["compute"], options=HASTE)
    finally:
        older_cloud.faults()
    assert bad.bad_steps("compute") == [("Wait until the server is active", "az2")], bad.said
    assert (bad.exit_code, bad.results.leftovers) == (1, 0)


@pytest.mark.parametrize("command", [["sweep"], ["init", "--output", "-"]], ids=lambda command: command[0])
def test_the_other_commands_work_there(command: list[str], older_cloud: Cloud, run: Probed) -> None:
    environment = {**os.environ, "OS_CLIENT_CONFIG_FILE": str(older_cloud.clouds_yaml)}
    done = subprocess.run(
        [sys.executable, "-m", "stackprobe", command[0], "--cloud", "demo", *command[1:]],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
