"""Runs of scenarios with guests, fair and foul; see season.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud

from tests.guests.scenarios.jump_host import BASTION, jump_host
from tests.guests.scenarios.probing import GuestsRun, World, run_in_the_outside
from tests.guests.scenarios.season import LOGIN, SEASON, in_peace
from tests.integration.conftest import Rules, connect
from tests.integration.scenarios.seasons import WITNESS, Fault

Options = Mapping[str, Mapping[str, Any]]
MANY = {"instances": 60, "cores": 120, "ram": 60 * 1024}
"""The customer's quota of compute: no scenario is to wait for room."""
MANY_NETWORKS = {"routers": 50, "floating_ips": 100, "security_groups": 100, "security_group_rules": 500}


@pytest.fixture(scope="session")
def admin(cloud: Cloud) -> Connection:
    """The cloud's administrator."""
    return connect(cloud.clouds_yaml, "admin")


@pytest.fixture(scope="session")
def roomy(cloud: Cloud, admin: Connection) -> Iterator[Cloud]:
    """The cloud, in which a customer may have many servers."""
    project = admin.identity.find_project("demo")
    before = admin.compute.get_quota_set(project)
    admin.compute.update_quota_set(project, **MANY)
    admin.network.update_quota(project.id, **MANY_NETWORKS)
    # neutron makes a project's default group when it first looks: here, so that none appears during a run
    service = admin.identity.find_project("service")
    admin.network.delete_security_group(admin.network.create_security_group(name="first", project_id=service.id))
    yield cloud
    admin.compute.update_quota_set(project, **{name: getattr(before, name) for name in MANY})


@pytest.fixture(scope="session")
def fair(roomy: Cloud, admin: Connection, options: Options, tmp_path_factory: pytest.TempPathFactory) -> GuestsRun:
    """The run of all scenarios without faults, which leaves nothing; made once."""
    world = World(roomy, admin)
    roomy.faults()
    directory = tmp_path_factory.mktemp("fair") / "run"
    peaceful = {name: in_peace(own) for name, own in options.items()}
    run = run_in_the_outside(roomy, directory, SEASON.scenarios, options=peaceful)
    assert (run.results.leftovers, world.left()) == (0, {}), run.said
    return run


@pytest.fixture(scope="session")
def options(roomy: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Options]:
    """The options of all scenarios; those with ``access: BASTION`` get a jump host that exists already."""
    with jump_host(roomy.outside, tmp_path_factory.mktemp("bastion")) as host:
        yield {
            name: {**own, "access": host} if own.get("access") == BASTION else own
            for name, own in SEASON.options.items()
        }


Storms = Callable[[str, str], GuestsRun]
"""Scenario, fault → the run that had it, in which nothing else was seen, and of which nothing is left.

What all scenarios together did not show, one of them alone must: where a dozen guests boot on two processors, a
deadline may pass that has nothing to do with the fault.
"""


@pytest.fixture(scope="session")
def storm(roomy: Cloud, admin: Connection, options: Options, tmp_path_factory: pytest.TempPathFactory) -> Storms:
    """Call it with a scenario and one of its faults: asserts that it was seen; each run is made once."""
    runs: dict[int, tuple[GuestsRun, Any]] = {}

    def seen(scenario: str, what: str) -> GuestsRun:
        number = SEASON.number(scenario, what)
        faults = SEASON.of(number)
        if number not in runs:
            runs[number] = _rage(roomy, admin, options, faults, tmp_path_factory.mktemp(f"storm-{number}") / "run")
        run, left = runs[number]
        assert (run.results.leftovers, left) == (0, {}), run.said
        try:
            faults[scenario].was_seen(run, scenario)
        except AssertionError:
            alone, directory = {scenario: faults[scenario]}, tmp_path_factory.mktemp(f"{scenario}-{number}") / "run"
            run, left = _rage(roomy, admin, options, alone, directory)
            assert (run.results.leftovers, left) == (0, {}), run.said
            faults[scenario].was_seen(run, scenario)
        return run

    return seen


def _rage(
    cloud: Cloud, admin: Connection, options: Options, faults: Mapping[str, Fault], directory: Path
) -> tuple[GuestsRun, Any]:
    """The run with one fault of each scenario, and what it left."""
    world = World(cloud, admin)
    of_all = {
        name: {**(options[name] if fault.step == LOGIN else in_peace(options[name])), **fault.options}
        for name, fault in faults.items()
    }
    cloud.faults([dict(rule) for fault in faults.values() for rule in fault.rules])
    try:
        run = run_in_the_outside(cloud, directory, [*faults, WITNESS], options=of_all)
    finally:
        cloud.faults()
    return run, world.left()


@pytest.fixture
def probed(roomy: Cloud, admin: Connection, options: Options, tmp_path: Path) -> Callable[..., GuestsRun]:
    """Call it with a list of scenarios, `options` and `faults` (rules) for a run of their own that must leave nothing.

    It takes what else ``run_probes`` takes. A run of one's own takes half a minute: better is a fault of the season.
    """
    runs: list[GuestsRun] = []

    def run(scenarios: list[str], *, faults: Rules | None = None, **more: Any) -> GuestsRun:
        world = World(roomy, admin)
        roomy.faults(faults or [])
        more["options"] = {name: {**in_peace(options.get(name, {})), **(more.get("options") or {}).get(name, {})}
                           for name in scenarios}  # fmt: skip
        try:
            runs.append(run_in_the_outside(roomy, tmp_path / f"run-{len(runs)}", scenarios, **more))
        finally:
            roomy.faults()
        assert (runs[-1].results.leftovers, world.left()) == (0, {}), runs[-1].said
        return runs[-1]

    return run
