"""Rules for all tests."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.support.side_by_side import (
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_protocol,
    pytest_xdist_make_scheduler,
)

__all__ = [
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_runtest_protocol",
    "pytest_xdist_make_scheduler",
]


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
