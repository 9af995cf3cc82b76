"""Runs of scenarios in all weathers on the embedded cloud; see storms.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from pocketcloud.services import HOST
from stackprobe.results import Outcome

from tests.integration.conftest import inventory, settled_inventory
from tests.integration.probing import Probed, run_probes
from tests.integration.scenarios.seasons import WITNESS, Season, Weather
from tests.integration.scenarios.storms import OPTIONS, SCENARIOS, Fault, Storm, faults_of, number_of


@pytest.fixture(scope="session")
def storm(cloud: Cloud, admin: Connection, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Fault], Storm]:
    """Call it with a fault for the storm that has it; each rages once."""
    over: dict[int, Storm] = {}

    def rage(fault: Fault) -> Storm:
        number = number_of(fault)
        if number not in over:
            faults, before = faults_of(number), inventory(admin)
            cloud.faults([dict(one.rule) for one in faults])
            try:
                directory = tmp_path_factory.mktemp(f"storm-{number}") / "run"
                run = run_probes(cloud.clouds_yaml, directory, SCENARIOS, options=OPTIONS)
            finally:
                cloud.faults()
            over[number] = Storm(faults, run, before, settled_inventory(admin, before))
        return over[number]

    return rage


@pytest.fixture(scope="session")
def weather(cloud: Cloud, admin: Connection, tmp_path_factory: pytest.TempPathFactory) -> Weather:
    """Call it with a season and one of its faults: asserts that it was seen; each run of a season is made once."""
    return weather_of(cloud, admin, tmp_path_factory)


@pytest.fixture(scope="session")
def full_weather(full_cloud: Cloud, full_admin: Connection, tmp_path_factory: pytest.TempPathFactory) -> Weather:
    """The same on the cloud with all optional services."""
    return weather_of(full_cloud, full_admin, tmp_path_factory)


def weather_of(cloud: Cloud, admin: Connection, tmp_path_factory: pytest.TempPathFactory) -> Weather:
    """The weather of a cloud."""
    runs: dict[tuple[int, int], tuple[Probed, bool]] = {}

    def seen(season: Season, scenario: str, what: str) -> Probed:
        number = season.number(scenario, what)
        key = (id(season), number)
        if key not in runs:
            runs[key] = _rage(cloud, admin, season, number, tmp_path_factory.mktemp("season") / "run")
        run, clean = runs[key]
        assert run.scenario(WITNESS).outcome is Outcome.PASSED, run.said
        season.of(number)[scenario].was_seen(run, scenario)
        assert (run.results.leftovers, clean) == (0, True), run.said
        return run

    return seen


@pytest.fixture(scope="session")
def calm(cloud: Cloud, admin: Connection, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Season], Probed]:
    """Call it with a season for the run of all its scenarios without faults, of which nothing is left; made once."""
    runs: dict[int, Probed] = {}

    def run(season: Season) -> Probed:
        if id(season) not in runs:
            before = inventory(admin)
            cloud.faults()
            directory = tmp_path_factory.mktemp("calm") / "run"
            found = run_probes(cloud.clouds_yaml, directory, season.scenarios, options=season.options)
            assert (found.exit_code, found.results.leftovers) == (0, 0), found.said
            assert settled_inventory(admin, before) == before
            runs[id(season)] = found
        return runs[id(season)]

    return run


def of_the_cloud(cloud: Cloud, options: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Options of scenarios with what only the cloud can tell: where its name server is."""
    port = next((part.port for part in cloud.status().parts if part.name == "designate"), None)
    if port is None:
        return options
    return {**options, "dns_zone": {"servers": [f"{HOST}:{port}"], **options.get("dns_zone", {})}}


def _rage(cloud: Cloud, admin: Connection, season: Season, number: int, directory: Path) -> tuple[Probed, bool]:
    """The run of a season with this number, and whether it left nothing."""
    faults, before = season.of(number), inventory(admin)
    options = {scenario: {**season.options.get(scenario, {}), **fault.options} for scenario, fault in faults.items()}
    cloud.faults([dict(rule) for fault in faults.values() for rule in fault.rules])
    try:
        # a scenario that has no fault left would only take time
        options = of_the_cloud(cloud, options)
        run = run_probes(cloud.clouds_yaml, directory, [*faults, WITNESS], options=options)
    finally:
        cloud.faults()
    return run, settled_inventory(admin, before) == before


@pytest.fixture(scope="session")
def fair_weather(cloud: Cloud, admin: Connection, tmp_path_factory: pytest.TempPathFactory) -> Probed:
    """A run of the four scenarios on a cloud without faults, after which nothing is left."""
    before = inventory(admin)
    cloud.faults()
    run = run_probes(cloud.clouds_yaml, tmp_path_factory.mktemp("fair") / "run", SCENARIOS, options=OPTIONS)
    assert run.exit_code == 0, run.said
    assert run.results.leftovers == 0
    assert settled_inventory(admin, before) == before
    return run


@pytest.fixture
def probe(cloud: Cloud, admin: Connection, faults: Callable[..., None], tmp_path: Path) -> Callable[..., Probed]:
    """Call it with scenarios (and what else ``run_probes`` takes) for a run of their own that must leave nothing.

    ``rules`` of faults.json are in force while it runs.
    """
    return probe_of(cloud, admin, faults, tmp_path)


@pytest.fixture
def full_probe(
    full_cloud: Cloud, full_admin: Connection, full_faults: Callable[..., None], tmp_path: Path
) -> Callable[..., Probed]:
    """The same on the cloud with all optional services."""
    return probe_of(full_cloud, full_admin, full_faults, tmp_path)


def probe_of(cloud: Cloud, admin: Connection, faults: Callable[..., None], tmp_path: Path) -> Callable[..., Probed]:
    """How a cloud is probed."""
    runs: list[Probed] = []

    def run(*scenarios: str, rules: list[dict[str, Any]] | None = None, **more: Any) -> Probed:
        before = inventory(admin)
        faults(rules or [])
        clouds_yaml = more.pop("clouds_yaml", cloud.clouds_yaml)
        more["options"] = of_the_cloud(cloud, more.get("options") or {})
        runs.append(run_probes(clouds_yaml, tmp_path / f"run-{len(runs)}", scenarios, **more))
        faults([])
        assert runs[-1].results.leftovers == 0
        assert settled_inventory(admin, before) == before
        return runs[-1]

    return run


@pytest.fixture
def changed(cloud: Cloud, tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    """Call it with changes to the entry of the cloud `demo` for a clouds.yaml that has them."""

    def change(entry: dict[str, Any]) -> Path:
        clouds = yaml.safe_load(cloud.clouds_yaml.read_text(encoding="utf-8"))
        clouds["clouds"]["demo"] |= entry
        file = tmp_path / "clouds.yaml"
        file.write_text(yaml.safe_dump(clouds), encoding="utf-8")
        file.chmod(0o600)
        return file

    return change
