"""Runs of scenarios with guests, fair and foul; see season.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from stackprobe.results import Outcome

from tests.guests.scenarios.jump_host import BASTION, jump_host
from tests.guests.scenarios.probing import GuestsRun, World, run_in_the_outside
from tests.guests.scenarios.season import LOGIN, SEASON, in_peace
from tests.guests.scenarios.secret import by_name, key_file, logged_in
from tests.integration.scenarios.seasons import WITNESS, Fault, Season, weather_of
from tests.support.clouds import Rules, connect

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
    """The run of all scenarios without faults, with the secret of a CI, which leaves nothing; made once."""
    world = World(roomy, admin)
    roomy.faults()
    directory = tmp_path_factory.mktemp("fair") / "run"
    peaceful = {name: by_name(in_peace(own)) for name, own in options.items()}
    with logged_in(roomy, directory.parent, key_file(options)) as clouds:
        run = run_in_the_outside(roomy, directory, SEASON.scenarios, options=peaceful, clouds_yaml=clouds)
    assert (run.results.leftovers, world.left()) == (0, {}), run.said
    return run


Calm = Callable[[str], GuestsRun]
"""Scenario → a run in which it had no faults: the one of all scenarios where it passed there, else one of it alone.

Beside all others a deadline may pass, or a packet be lost, on two processors; alone none may.
"""


@pytest.fixture(scope="session")
def calm(
    fair: GuestsRun, roomy: Cloud, admin: Connection, options: Options, tmp_path_factory: pytest.TempPathFactory
) -> Calm:
    """Call it with a scenario; each run of one alone is made once."""
    runs: dict[str, GuestsRun] = {}

    def run(scenario: str) -> GuestsRun:
        if fair.outcome(scenario) is Outcome.PASSED:
            return fair
        if scenario not in runs:
            directory = tmp_path_factory.mktemp(f"{scenario}-calm") / "run"
            runs[scenario] = _alone(
                roomy, admin, directory, [scenario], options={scenario: in_peace(options[scenario])}
            )
        return runs[scenario]

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
"""Scenario, fault → the run that had it, in which nothing else was seen, and of which nothing is left."""


@pytest.fixture(scope="session")
def storm(roomy: Cloud, admin: Connection, options: Options, tmp_path_factory: pytest.TempPathFactory) -> Storms:
    """Call it with a scenario and one of its faults: asserts that it was seen; each run is made once."""

    def rage(season: Season, faults: Mapping[str, Fault]) -> tuple[GuestsRun, Mapping[str, Any]]:
        world, directory = World(roomy, admin), tmp_path_factory.mktemp("storm") / "run"
        of_all = {
            name: {**(options[name] if fault.step == LOGIN else in_peace(options[name])), **fault.options}
            for name, fault in faults.items()
        }
        roomy.faults([dict(rule) for fault in faults.values() for rule in fault.rules])
        try:
            run = run_in_the_outside(roomy, directory, [*faults, WITNESS], options=of_all)
        finally:
            roomy.faults()
        return run, world.left()

    return partial(weather_of(rage), SEASON)


@pytest.fixture
def probed(roomy: Cloud, admin: Connection, options: Options, tmp_path: Path) -> Callable[..., GuestsRun]:
    """Call it with a list of scenarios, `options` and `faults` (rules) for a run of their own that must leave nothing.

    It takes what else ``run_probes`` takes. A run of one's own takes half a minute: better is a fault of the season.
    """
    runs: list[GuestsRun] = []

    def run(scenarios: list[str], *, faults: Rules | None = None, **more: Any) -> GuestsRun:
        more["options"] = {name: {**in_peace(options.get(name, {})), **(more.get("options") or {}).get(name, {})}
                           for name in scenarios}  # fmt: skip
        runs.append(_alone(roomy, admin, tmp_path / f"run-{len(runs)}", scenarios, faults, **more))
        return runs[-1]

    return run


def _alone(
    cloud: Cloud, admin: Connection, directory: Path, scenarios: list[str], faults: Rules | None = None, **more: Any
) -> GuestsRun:
    """A run that leaves nothing."""
    world = World(cloud, admin)
    cloud.faults(faults or [])
    try:
        run = run_in_the_outside(cloud, directory, scenarios, **more)
    finally:
        cloud.faults()
    assert (run.results.leftovers, world.left()) == (0, {}), run.said
    return run
