"""A genuine Zuul for the tests: one rig a session, with all tenants of `tenants/`, a cloud and a Graphite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pocketcloud.cloud import Cloud
from pocketgraphite import Graphite

from tests.integration.conftest import admin, cloud, demo, faults
from tests.support import packages
from tests.zuul import surroundings
from tests.zuul.rig import Rig
from tests.zuul.switch import Switch, switch

__all__ = ["admin", "cloud", "demo", "faults"]


@pytest.fixture(scope="session")
def graphite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graphite]:
    """A Graphite that keeps every second of the last hour."""
    with surroundings.running_graphite(tmp_path_factory.mktemp("graphite")) as one:
        yield one


@pytest.fixture(scope="session")
def heartbeats() -> Iterator[Switch]:
    """The dead man's switch that jobs can be told of."""
    with switch() as one:
        yield one


@pytest.fixture(scope="session")
def placeholders(cloud: Cloud, graphite: Graphite, heartbeats: Switch) -> dict[str, str]:
    """What `@NAME@` stands for in the files of the tenants."""
    return surroundings.placeholders(cloud, graphite, heartbeats)


@pytest.fixture(scope="session")
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A running Zuul. Skips where packages are missing, and names them."""
    if absent := packages.missing("zuul"):
        pytest.skip(f"a real Zuul needs: apt-get install {' '.join(absent)}")
    with Rig(request.getfixturevalue("placeholders")) as one:
        yield one
