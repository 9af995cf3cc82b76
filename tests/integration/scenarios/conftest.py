"""Runs of scenarios in all weathers on the embedded cloud; see seasons.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from pocketcloud.services import HOST

from tests.integration.probing import Probed, run_probes
from tests.integration.scenarios import common_season
from tests.integration.scenarios.seasons import WITNESS, Fault, Season, Weather, weather_of
from tests.support.clouds import difference, inventory, settled_inventory


@pytest.fixture(scope="session")
def weather(cloud: Cloud, admin: Connection, tmp_path_factory: pytest.TempPathFactory) -> Weather:
    """Call it with a season and one of its faults: asserts that it was seen; each run of a season is made once."""
    return weather_on(cloud, admin, tmp_path_factory)


@pytest.fixture(scope="session")
def full_weather(full_cloud: Cloud, full_admin: Connection, tmp_path_factory: pytest.TempPathFactory) -> Weather:
    """The same on the cloud with all optional services."""
    return weather_on(full_cloud, full_admin, tmp_path_factory)


def weather_on(cloud: Cloud, admin: Connection, tmp_path_factory: pytest.TempPathFactory) -> Weather:
    """The weather of a cloud."""

    def rage(season: Season, faults: Mapping[str, Fault]) -> tuple[Probed, Mapping[str, Any]]:
        before, directory = inventory(admin), tmp_path_factory.mktemp("season") / "run"
        options = {name: {**season.options.get(name, {}), **fault.options} for name, fault in faults.items()}
        cloud.faults([dict(rule) for fault in faults.values() for rule in fault.rules])
        try:
            # a scenario that has no fault left would only take time
            options = of_the_cloud(cloud, options)
            run = run_probes(cloud.clouds_yaml, directory, dict.fromkeys([*faults, WITNESS]), options=options)
        finally:
            cloud.faults()
        return run, difference(settled_inventory(admin, before), before)

    return weather_of(rage)


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


@pytest.fixture(scope="session")
def fair_weather(calm: Callable[[Season], Probed]) -> Probed:
    """The run of the most common scenarios on a cloud without faults."""
    return calm(common_season.SEASON)


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
