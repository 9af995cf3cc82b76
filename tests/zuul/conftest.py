"""A genuine Zuul for the tests: one rig with all tenants of `tenants/`, a cloud and a Graphite.

All of it ends with the last test of this directory: an idle Zuul takes a sixth of a core from the tests that follow.
"""

from __future__ import annotations

from collections.abc import Iterator

import openstack
import pytest
from pocketcloud.cloud import Cloud
from pocketgraphite import Graphite

from tests.integration.conftest import connect, faults, running
from tests.support import packages
from tests.zuul import surroundings
from tests.zuul.rig import Rig
from tests.zuul.switch import Switch, switch

__all__ = ["faults"]


@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The cloud that the builds probe."""
    yield from running(tmp_path_factory.mktemp("pocketcloud"))


@pytest.fixture(scope="package")
def admin(cloud: Cloud) -> openstack.connection.Connection:
    """The cloud's administrator."""
    return connect(cloud.clouds_yaml, "admin")


@pytest.fixture(scope="package")
def demo(cloud: Cloud) -> openstack.connection.Connection:
    """A customer of the cloud."""
    return connect(cloud.clouds_yaml, "demo")


@pytest.fixture(scope="package")
def graphite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graphite]:
    """A Graphite that keeps every second of the last hour."""
    with surroundings.running_graphite(tmp_path_factory.mktemp("graphite")) as one:
        yield one


@pytest.fixture(scope="package")
def heartbeats() -> Iterator[Switch]:
    """The dead man's switch that jobs can be told of."""
    with switch() as one:
        yield one


@pytest.fixture(scope="package")
def placeholders(cloud: Cloud, graphite: Graphite, heartbeats: Switch) -> dict[str, str]:
    """What `@NAME@` stands for in the files of the tenants."""
    return surroundings.placeholders(cloud, graphite, heartbeats)


@pytest.fixture(scope="package")
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A running Zuul. Skips where packages are missing, and names them."""
    if absent := packages.missing("zuul"):
        pytest.skip(f"a real Zuul needs: apt-get install {' '.join(absent)}")
    with Rig(request.getfixturevalue("placeholders")) as one:
        yield one
