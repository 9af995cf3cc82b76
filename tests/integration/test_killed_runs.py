"""A run that is killed with SIGKILL, at twenty-two moments: what it reports, and that the next sweep leaves nothing.

For every kind of resource one of the moments lies between the request that creates it and the answer: the cloud has
made it, and the run never heard so.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from stackprobe.resources import KINDS
from stackprobe.results import Outcome, from_directory

from tests.integration.conftest import Rules, inventory, settled_inventory

PATIENCE_S = 60.0
CREATIONS = (
    ("network", "network"),
    ("network", "subnet"),
    ("network", "router"),
    ("network", "security_group"),
    ("network", "security_group_rule"),
    ("network", "port"),
    ("network", "floating_ip"),
    ("image", "image"),
    ("volume", "volume"),
    ("volume", "volume_snapshot"),
    ("volume_backup", "volume_backup"),
    ("volume_transfer", "volume_transfer"),
    ("compute", "keypair"),
    ("compute", "server"),
    ("compute", "image"),
    ("identity", "user"),
)
"""Scenario and kind: killed while the answer to the creation is on its way."""
MANY = ("compute", "endpoints", "identity", "image", "multi_nic", "network", "volume", "volume_backup")
"""Scenarios that run together and are killed together: some of each service."""
FRACTIONS = (0.01, 0.2, 0.4, 0.6, 0.8, 0.95)
"""Of a whole run's journal: killed when it is that long."""
IDENTITY_OPTIONS = {"identity": {"wrong_password": True}}


@dataclass
class Killable:
    """``stackprobe run`` as an operator starts it, in a directory of its own."""

    cloud: Cloud
    directory: Path
    cloud_name: str = "demo"
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def output(self) -> Path:
        return self.directory / "out"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "OS_CLIENT_CONFIG_FILE": str(self.cloud.clouds_yaml),
            "XDG_STATE_HOME": str(self.directory.parent / "state"),
        }

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "stackprobe", *arguments]

    def start(self, *scenarios: str) -> psutil.Popen:
        self.directory.mkdir(parents=True)
        config = self.directory / "probes.yaml"
        config.write_text(json.dumps({"options": self.options}), encoding="utf-8")
        selection = [part for scenario in scenarios for part in ("--scenario", scenario)]
        with open(self.directory / "run.log", "wb") as log:
            return psutil.Popen(
                self.command(
                    "run", "--cloud", self.cloud_name, "--config", str(config), "--output", str(self.output), *selection
                ),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def records(self) -> list[dict[str, Any]]:
        """The journal so far; a line that is being written is left out."""
        try:
            lines = (self.output / "journal.jsonl").read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines]

    def stackprobe(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), env=self.environment, capture_output=True, text=True, check=False, timeout=180
        )


def kill_all(run: psutil.Popen) -> None:
    """SIGKILL to the run and everything it started, at once."""
    family = [run, *run.children(recursive=True)]
    for process in family:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    run.wait(PATIENCE_S)
    psutil.wait_procs(family[1:], PATIENCE_S)


def until(condition: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """What ``condition`` returns as soon as it is true."""
    end = time.monotonic() + patience_s
    while not (value := condition()):
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.05)
    return value


@pytest.fixture(scope="module")
def fair(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The journal of an undisturbed run of many scenarios together, and what each of them wrote of itself."""
    cloud.faults()
    many = _journal_of(Killable(cloud, tmp_path_factory.mktemp("fair") / "run"), *MANY)
    journals = {"many": many}
    for scenario in {scenario for scenario, _ in CREATIONS}:
        journals[scenario] = [record for record in many if record.get("scenario") == scenario]
    for scenario in ("identity", "volume_transfer"):  # the one as an administrator, the other is none of the many
        journals[scenario] = _journal_of(_run_for(cloud, tmp_path_factory.mktemp("fair"), scenario), scenario)
    return journals


def _journal_of(run: Killable, *scenarios: str) -> list[dict[str, Any]]:
    assert run.start(*scenarios).wait(PATIENCE_S * 3) == 0, (run.directory / "run.log").read_text()
    return run.records()


def _run_for(cloud: Cloud, directory: Path, scenario: str) -> Killable:
    if scenario == "identity":
        return Killable(cloud, directory / "run", "admin", IDENTITY_OPTIONS)
    return Killable(cloud, directory / "run")


def _creation(journal: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """The rule that lets the cloud do the first creation of ``kind``, but keeps the answer back."""
    intended = next(
        index
        for index, record in enumerate(journal)
        if record["type"] == "resource" and record["state"] == "intended" and record["kind"] == kind
    )
    name = journal[intended]["name"]
    created = next(
        index
        for index, record in enumerate(journal)
        if record["type"] == "resource" and record["state"] == "created" and record["name"] == name
    )
    calls = [record for record in journal[:created] if record["type"] == "call"]
    creation = next(call for call in reversed(calls) if call["method"] == "POST")
    path = re.escape(creation["url"]).replace(re.escape("{id}"), "[^/]+") + "$"
    before = [call for call in calls if (call["method"], call["url"]) == ("POST", creation["url"])]
    rule = {"service": creation["service"], "method": "POST", "path": path, "nth": len(before), "hang": "after"}
    return rule


@pytest.fixture
def undisturbed(admin: Connection) -> Iterator[None]:
    """The cloud after the test is the cloud before it."""
    before = inventory(admin)
    yield
    assert settled_inventory(admin, before) == before


def _assert_reported_and_swept(run: Killable) -> None:
    report = run.stackprobe("report", str(run.output))
    assert report.returncode == 0, report.stderr
    results = from_directory(run.output)
    assert not results.finished
    assert results.outcome in (Outcome.ERROR, Outcome.FAILED)
    assert any(scenario.outcome is Outcome.ERROR for scenario in results.scenarios)
    sweep = run.stackprobe("sweep", "--cloud", run.cloud_name)
    assert sweep.returncode == 0, sweep.stdout + sweep.stderr


@pytest.mark.usefixtures("undisturbed")
@pytest.mark.parametrize(("scenario", "kind"), CREATIONS)
def test_a_run_killed_between_creation_and_answer_is_swept(
    cloud: Cloud,
    faults: Callable[[Rules], None],
    fair: dict[str, list[dict[str, Any]]],
    admin: Connection,
    demo: Connection,
    tmp_path: Path,
    scenario: str,
    kind: str,
) -> None:
    run = _run_for(cloud, tmp_path, scenario)
    faults([_creation(fair[scenario], kind)])
    process = run.start(scenario)
    try:
        intended = until(
            lambda: next(
                (one for one in run.records() if one.get("kind") == kind and one.get("state") == "intended"), None
            ),
            f"the intention to create a {kind}",
        )
        connection = admin if run.cloud_name == "admin" else demo
        until(lambda: KINDS[kind].find(connection, intended["name"]), f"a {kind} {intended['name']} in the cloud")
        states = [one["state"] for one in run.records() if one.get("name") == intended["name"]]
        assert states == ["intended"], "the run must not have heard of it"
    finally:
        kill_all(process)
    faults([])
    _assert_reported_and_swept(run)


@pytest.mark.usefixtures("undisturbed", "faults")
@pytest.mark.parametrize("fraction", FRACTIONS)
def test_a_run_of_many_scenarios_killed_on_its_way_is_swept(
    cloud: Cloud, fair: dict[str, list[dict[str, Any]]], tmp_path: Path, fraction: float
) -> None:
    run = Killable(cloud, tmp_path / "run")
    process = run.start(*MANY)
    try:
        least = max(1, fraction * len(fair["many"]))
        until(lambda: len(run.records()) >= least, f"{fraction:.0%} of the journal", 3 * PATIENCE_S)
    finally:
        kill_all(process)
    _assert_reported_and_swept(run)


@pytest.mark.usefixtures("undisturbed")
def test_what_had_failed_before_the_kill_stays_failed(
    cloud: Cloud, faults: Callable[[Rules], None], fair: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    run = Killable(cloud, tmp_path / "run")
    refused = {"service": "glance", "method": "POST", "path": "/v2/images$", "status": 503}
    faults([refused, _creation(fair["network"], "router")])
    process = run.start("image", "network")
    try:
        until(
            lambda: (
                {"image", "network"}
                <= {
                    one["scenario"]
                    for one in run.records()
                    if one["type"] == "scenario_end" or (one.get("kind"), one.get("state")) == ("router", "intended")
                }
            ),
            "the end of one scenario and the router of the other",
        )
    finally:
        kill_all(process)
    faults([])
    _assert_reported_and_swept(run)
    outcomes = {scenario.name: scenario.outcome for scenario in from_directory(run.output).scenarios}
    assert outcomes == {"image": Outcome.FAILED, "network": Outcome.ERROR}


@pytest.mark.usefixtures("undisturbed")
def test_a_sweep_leaves_a_live_run_and_everybody_else_alone(
    cloud: Cloud, faults: Callable[[Rules], None], admin: Connection, demo: Connection, tmp_path: Path
) -> None:
    live, other = Killable(cloud, tmp_path / "live"), Killable(cloud, tmp_path / "other")
    faults([{"service": "neutron", "method": "POST", "path": "/subnets$", "hang": "before"}])
    process = live.start("network")
    until(lambda: [one for one in live.records() if one.get("kind") == "subnet"], "a live run that waits")
    run_id = live.records()[0]["run"]
    foreign = [
        demo.network.create_network(name="stackprobe-network-net"),
        demo.network.create_network(name=f"my-stackprobe-{run_id}-net"),
        admin.network.create_network(name=f"stackprobe-{run_id[::-1]}-net"),
    ]
    before = inventory(admin)
    try:
        for cloud_name in ("demo", "admin"):
            swept = other.stackprobe("sweep", "--cloud", cloud_name, "--older-than", "0s")
            assert swept.returncode == 0, swept.stdout + swept.stderr
            assert inventory(admin) == before
        process.terminate()
        faults([])
        assert process.wait(PATIENCE_S) in (1, 2), (live.directory / "run.log").read_text()
    finally:
        if process.is_running():
            kill_all(process)
        for network in foreign:
            (admin if network is foreign[2] else demo).network.delete_network(network.id)


@pytest.mark.usefixtures("undisturbed", "faults")
def test_too_many_leftovers_stop_new_creation(cloud: Cloud, tmp_path: Path) -> None:
    killed, later = Killable(cloud, tmp_path / "killed"), Killable(cloud, tmp_path / "later")
    process = killed.start("network")
    try:
        until(lambda: sum(one.get("state") == "created" for one in killed.records()) >= 2, "two resources")
    finally:
        kill_all(process)
    later.directory.mkdir(parents=True)
    config = later.directory / "probes.yaml"
    config.write_text("max_leftovers: 1\n", encoding="utf-8")
    arguments = ["run", "--cloud", "demo", "--config", str(config), "--output", str(later.output)]
    refused = later.stackprobe(*arguments, "--scenario", "network")
    assert refused.returncode == 2, refused.stdout + refused.stderr
    assert "stackprobe sweep" in refused.stdout + refused.stderr
    assert not [one for one in later.records() if one["type"] == "resource"]
    assert later.stackprobe("sweep", "--cloud", "demo").returncode == 0
