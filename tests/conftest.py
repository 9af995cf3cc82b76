"""Rules for all tests, and the cloud that they have in common: a genuine one, one for each worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import side_by_side, thorough
from tests.support.side_by_side import pytest_xdist_make_scheduler
from tests.support.thorough import pytest_addoption, pytest_configure

if TYPE_CHECKING:
    from openstack.connection import Connection
    from pocketcloud.cloud import Cloud

    from tests.support.clouds import Rules

__all__ = ["pytest_addoption", "pytest_configure", "pytest_xdist_make_scheduler"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Which tests run, and in which order."""
    thorough.leave_out(config, items)
    side_by_side.in_order(items)


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Say so when a test was skipped where none may be."""
    if _forbidden(terminalreporter.stats):
        terminalreporter.section("skipped tests are failures here (STACKPROBE_FAIL_ON_SKIP)")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A skipped test proves nothing: in CI it fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and exitstatus == 0 and _forbidden(reporter.stats):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _forbidden(stats: dict[str, Any]) -> bool:
    return os.environ.get("STACKPROBE_FAIL_ON_SKIP") == "1" and bool(stats.get("skipped"))


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A running cloud without faults."""
    from tests.support.clouds import running  # most tests need no cloud, and nothing that knows one

    yield from running(tmp_path_factory.mktemp("pocketcloud"))


@pytest.fixture
def faults(cloud: Cloud) -> Iterator[Callable[[Rules], None]]:
    """Call it with rules of faults.json to put them in force; they are cleared after the test."""
    cloud.faults()
    yield cloud.faults
    cloud.faults()


@pytest.fixture(scope="session")
def admin(cloud: Cloud) -> Connection:
    """The cloud's administrator."""
    from tests.support.clouds import connect

    return connect(cloud.clouds_yaml, "admin")


@pytest.fixture(scope="session")
def demo(cloud: Cloud) -> Connection:
    """A customer of the cloud."""
    from tests.support.clouds import connect

    return connect(cloud.clouds_yaml, "demo")
