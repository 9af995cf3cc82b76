"""The full cloud: another one beside that of all tests (tests/conftest.py), with all optional services.

The files that take `full_cloud`, `full_admin`, `full_demo` and `full_faults` belong to one worker (TOGETHER in
tests/support/side_by_side.py), so that there is one such cloud.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import openstack
import pytest
from pocketcloud.cloud import Cloud
from pocketcloud.services import ALL

from tests.support.clouds import Rules, connect, running
from tests.support.side_by_side import FULL, scope

_UNTIL_LEFT = pytest.StashKey[contextlib.ExitStack]()


@pytest.fixture(scope="session")
def full_cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A running cloud with all optional services, without faults."""
    with contextlib.ExitStack() as until:
        request.session.stash[_UNTIL_LEFT] = until
        yield until.enter_context(contextlib.contextmanager(running)(tmp_path_factory.mktemp("full-pocketcloud"), ALL))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """The full cloud ends with the last test of those that share it: idle, it takes an eighth of a core from others."""
    if nextitem is not None and scope(item.nodeid) == FULL != scope(nextitem.nodeid):
        item.session.stash.get(_UNTIL_LEFT, contextlib.ExitStack()).close()


@pytest.fixture
def full_faults(full_cloud: Cloud) -> Iterator[Callable[[Rules], None]]:
    """As `faults`, in the full cloud."""
    full_cloud.faults()
    yield full_cloud.faults
    full_cloud.faults()


@pytest.fixture(scope="session")
def full_admin(full_cloud: Cloud) -> openstack.connection.Connection:
    """The full cloud's administrator."""
    return connect(full_cloud.clouds_yaml, "admin")


@pytest.fixture(scope="session")
def full_demo(full_cloud: Cloud) -> openstack.connection.Connection:
    """A customer of the full cloud."""
    return connect(full_cloud.clouds_yaml, "demo")
