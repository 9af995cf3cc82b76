"""A genuine Zuul for the tests: one rig a session, with all tenants of `tenants/`, a cloud and a Graphite."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import yaml
from pocketcloud.cloud import Cloud
from pocketgraphite import Graphite, down, up

from tests.integration.conftest import admin, cloud, demo, faults
from tests.zuul.rig import Rig, packages
from tests.zuul.switch import Switch, switch

__all__ = ["admin", "cloud", "demo", "faults"]


@pytest.fixture(scope="session")
def graphite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graphite]:
    """A Graphite that keeps every second of the last hour."""
    directory = tmp_path_factory.mktemp("graphite")
    yield up(directory, retentions="1s:1h")
    down(directory)


@pytest.fixture(scope="session")
def heartbeats() -> Iterator[Switch]:
    """The dead man's switch that jobs can be told of."""
    with switch() as one:
        yield one


@pytest.fixture(scope="session")
def placeholders(cloud: Cloud, graphite: Graphite, heartbeats: Switch) -> dict[str, str]:
    """What `@NAME@` stands for in the files of the tenants. The rig adds ZUUL_URL, LOG_URL and LOG_ROOT."""
    clouds = yaml.safe_load(cloud.clouds_yaml.read_text())["clouds"]
    customer = clouds["demo"]
    credentials, administrator = customer["auth"], clouds["admin"]["auth"]
    return {
        "CLOUD_AUTH_URL": credentials["auth_url"],
        "CLOUD_USERNAME": credentials["username"],
        "CLOUD_PASSWORD": credentials["password"],
        "CLOUD_PROJECT": credentials["project_name"],
        "CLOUD_REGION": customer["region_name"],
        "ADMIN_USERNAME": administrator["username"],
        "ADMIN_PASSWORD": administrator["password"],
        "ADMIN_PROJECT": administrator["project_name"],
        "CLOUD_PORT": str(urlsplit(credentials["auth_url"]).port),
        "GRAPHITE": graphite.carbon,
        "GRAPHITE_URL": graphite.url,
        "HEARTBEAT_URL": heartbeats.url,
    }


@pytest.fixture(scope="session")
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A running Zuul. Skips where packages are missing, and names them."""
    if absent := packages.missing():
        pytest.skip(f"a real Zuul needs: apt-get install {' '.join(absent)}")
    with Rig(request.getfixturevalue("placeholders")) as one:
        yield one
