"""The node tools and the evaluation of expressions: once a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github.node_tools import NodeMissing, NodeTools, node_tools
from tests.github.runner import Expressions
from tests.github.trial_workflows import Run, running


@pytest.fixture(scope="session")
def node() -> NodeTools:
    """What package.json names. Skips where node is missing."""
    try:
        return node_tools()
    except NodeMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def expressions(node: NodeTools) -> Iterator[Expressions]:
    """GitHub's own evaluation of expressions."""
    one = Expressions(node.node_modules)
    yield one
    one.close()


@pytest.fixture
def run(tmp_path: Path, expressions: Expressions) -> Run:
    """Runs a small workflow."""
    return running(tmp_path, expressions)
