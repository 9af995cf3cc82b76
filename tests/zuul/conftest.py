"""A genuine Zuul for the tests: one rig with all tenants of `tenants/`, and a Graphite.

Both end with the last test of this directory: an idle Zuul takes a sixth of a core from the tests that follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from pocketcloud.cloud import Cloud
from pocketgraphite import Graphite

from tests.support import packages
from tests.zuul import surroundings
from tests.zuul.rig import Rig
from tests.zuul.rig.tenants import Tenant, discover
from tests.zuul.switch import Switch, switch


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
    with Rig(request.getfixturevalue("placeholders"), of=_tenants(request.session.items)) as one:
        yield one


def _tenants(tests: Iterable[pytest.Item]) -> list[Tenant]:
    """All of them, but the one whose builds never cease only if tests want it."""
    names = {test.path.name for test in tests}
    return [tenant for tenant in discover() if tenant.name != "timer" or "test_timer.py" in names]
