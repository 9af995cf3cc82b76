"""A run that is killed with SIGKILL, at twenty-two moments: what it reports, and that the next sweep leaves nothing.

For every kind of resource one of the moments lies between the request that creates it and the answer: the cloud has
made it, and the run never heard so. The scenarios of a run come to such a moment each, before it is killed.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from stackprobe.resources import KINDS
from stackprobe.results import Outcome, Results, from_directory

from tests.integration.killing import PATIENCE_S, Journal, Killable, creation, kill_all, until
from tests.support.clouds import Inventory, Rules, inventory, settled_inventory
from tests.support.thorough import daily, marks


@dataclass(frozen=True)
class Moment:
    """While the answer to a scenario's creation of a kind is on its way.

    :param cloud: name of the user's cloud.
    """

    scenario: str
    kind: str
    cloud: str = "demo"

    def __str__(self) -> str:
        return f"{self.scenario}-{self.kind}"


WAVES = (
    (
        Moment("network", "network"),
        Moment("image", "image"),
        Moment("volume", "volume"),
        Moment("compute", "keypair"),
        Moment("identity", "user", "admin"),
    ),
    (
        Moment("network", "subnet"),
        Moment("security_groups", "security_group"),
        Moment("volume", "volume_snapshot"),
    ),
    (
        Moment("network", "router"),
        Moment("security_groups", "security_group_rule"),
        Moment("volume_backup", "volume_backup"),
    ),
    (Moment("network", "port"), Moment("volume_transfer", "volume_transfer"), Moment("compute", "server")),
    (Moment("network", "floating_ip"), Moment("compute", "image")),
)
"""Moments that have a run in common, those of another user a run beside it."""
DAILY = (0, 3)
"""The waves of every day."""
MOMENTS = [
    pytest.param(number, moment, id=str(moment), marks=marks(number in DAILY))
    for number, wave in enumerate(WAVES)
    for moment in wave
]
HANGS = {"deadline": 300}
"""For scenarios that would give up before the others of their run have come to their moments."""
OPTIONS: dict[str, dict[str, dict[str, Any]]] = {
    "demo": {"network": HANGS, "image": HANGS, "security_groups": HANGS},
    "admin": {"identity": {**HANGS, "wrong_password": True}},
}
MANY = ("compute", "endpoints", "identity", "image", "multi_nic", "network", "volume", "volume_backup")
"""Scenarios that run together and are killed together: some of each service."""
FRACTIONS = (0.01, 0.2, 0.4, 0.6, 0.8, 0.95)
"""Of a whole run's steps and resources: killed when it has come so far."""


@dataclass(frozen=True)
class Killed:
    """Runs that were killed together.

    :ivar states: of the resource of each moment, as its run knew them then.
    :ivar reports: the exit code of the report, and the results, by cloud.
    :ivar sweeps: the sweep after all of it, by cloud.
    :ivar before: what the cloud had before it, with ``after``.
    """

    states: dict[Moment, list[str]]
    reports: dict[str, tuple[subprocess.CompletedProcess[str], Results]]
    sweeps: dict[str, subprocess.CompletedProcess[str]]
    before: Inventory
    after: Inventory


@pytest.fixture(scope="module")
def undisturbed_runs(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Killable]:
    """Runs that nobody kills, by their scenarios."""
    cloud.faults()
    directory = tmp_path_factory.mktemp("fair")
    runs = {
        ("identity",): Killable(cloud, directory / "identity", "admin", OPTIONS["admin"]),
        ("security_groups", "volume_transfer"): Killable(cloud, directory / "others"),
        MANY: Killable(cloud, directory / "many"),
    }
    processes = {scenarios: run.start(*scenarios) for scenarios, run in runs.items()}
    for scenarios, run in runs.items():
        assert processes[scenarios].wait(PATIENCE_S * 3) == 0, (run.directory / "run.log").read_text()
    return runs


@pytest.fixture(scope="module")
def fair(undisturbed_runs: dict[tuple[str, ...], Killable]) -> dict[str, Journal]:
    """A journal of an undisturbed run of each scenario."""
    journals = {scenarios: run.records() for scenarios, run in undisturbed_runs.items()}
    return {name: journals[scenarios] for scenarios in reversed(journals) for name in scenarios}


@pytest.fixture(scope="module")
def killed(
    cloud: Cloud, admin: Connection, demo: Connection, fair: dict[str, Journal], tmp_path_factory: Any
) -> Iterator[Callable[[int], Killed]]:
    """Call it with the number of a wave for its runs, killed; once each."""
    known: dict[int, Killed] = {}
    connections = {"admin": admin, "demo": demo}

    def wave(number: int) -> Killed:
        if number not in known:
            before = inventory(admin)
            moments = WAVES[number]
            directory = tmp_path_factory.mktemp(f"wave-{number}")
            names = {moment.cloud for moment in moments}
            runs = {name: Killable(cloud, directory / name, name, OPTIONS[name]) for name in names}
            cloud.faults([creation(fair[moment.scenario], moment.scenario, moment.kind) for moment in moments])
            states = _kill_in(runs, moments, connections)
            cloud.faults()
            reports = {
                name: (run.stackprobe("report", str(run.output)), from_directory(run.output))
                for name, run in runs.items()
            }
            sweeps = {name: run.stackprobe("sweep", "--cloud", name) for name, run in runs.items()}
            known[number] = Killed(states, reports, sweeps, before, settled_inventory(admin, before))
        return known[number]

    yield wave
    cloud.faults()


def _kill_in(
    runs: dict[str, Killable], moments: tuple[Moment, ...], connections: dict[str, Connection]
) -> dict[Moment, list[str]]:
    """Start the runs, kill them when each scenario has come to its moment, and tell what they knew of it."""
    processes = [run.start(*(one.scenario for one in moments if one.cloud == name)) for name, run in runs.items()]
    try:
        names = {moment: _come(runs[moment.cloud], moment, connections[moment.cloud]) for moment in moments}
    finally:
        for process in processes:
            kill_all(process)
    return {
        moment: [one["state"] for one in runs[moment.cloud].records() if one.get("name") == name]
        for moment, name in names.items()
    }


def _come(run: Killable, moment: Moment, connection: Connection) -> str:
    """Wait until a run has come to a moment; the name of the resource."""

    def intended() -> str | None:
        records = [one for one in run.records() if one["type"] == "resource" and one["state"] == "intended"]
        of_it = (one["name"] for one in records if (one["scenario"], one["kind"]) == (moment.scenario, moment.kind))
        return next(of_it, None)

    name = str(until(intended, f"the intention of {moment}", 3 * PATIENCE_S))
    until(lambda: KINDS[moment.kind].find(connection, name), f"{moment}, {name} in the cloud")
    return name


@pytest.mark.parametrize(("number", "moment"), MOMENTS)
def test_a_run_killed_between_creation_and_answer_is_swept(
    number: int, moment: Moment, killed: Callable[[int], Killed]
) -> None:
    wave = killed(number)
    assert wave.states[moment] == ["intended"], "the run must not have heard of it"
    report, results = wave.reports[moment.cloud]
    assert report.returncode == 0, report.stderr
    assert not results.finished
    assert {one.name: one.outcome for one in results.scenarios}[moment.scenario] is Outcome.ERROR
    sweep = wave.sweeps[moment.cloud]
    assert sweep.returncode == 0, sweep.stdout + sweep.stderr
    assert wave.after == wave.before


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


@pytest.mark.usefixtures("undisturbed", "faults")
@pytest.mark.parametrize("fraction", daily(FRACTIONS, [1, 4]))
def test_a_run_of_many_scenarios_killed_on_its_way_is_swept(
    cloud: Cloud, undisturbed_runs: dict[tuple[str, ...], Killable], tmp_path: Path, fraction: float
) -> None:
    run = Killable(cloud, tmp_path / "run")
    process = run.start(*MANY)
    try:
        least = max(1, fraction * undisturbed_runs[MANY].progress())
        until(lambda: run.progress() >= least, f"{fraction:.0%} of the run", 3 * PATIENCE_S)
    finally:
        kill_all(process)
    _assert_reported_and_swept(run)


@pytest.mark.thorough
@pytest.mark.usefixtures("undisturbed")
def test_what_had_failed_before_the_kill_stays_failed(
    cloud: Cloud, faults: Callable[[Rules], None], fair: dict[str, Journal], tmp_path: Path
) -> None:
    run = Killable(cloud, tmp_path / "run")
    refused = {"service": "glance", "method": "POST", "path": "/v2/images$", "status": 503}
    faults([refused, creation(fair["network"], "network", "router")])
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
