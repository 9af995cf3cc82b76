"""A real carbon and graphite-web for each test that needs one, and journals of this minute."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pocketgraphite import Graphite, down, up

sys.path.insert(0, str(Path(__file__).parents[2] / "unit"))  # journals.py


@pytest.fixture
def graphite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Graphite]]:
    """Starts a Graphite with the settings of `pocketgraphite.up`; one second is its finest step."""
    started: list[Path] = []

    def start(**settings: object) -> Graphite:
        directory = tmp_path_factory.mktemp("graphite")
        started.append(directory)
        return up(directory, **({"retentions": "1s:1h"} | settings))  # type: ignore[arg-type]

    yield start
    for directory in started:
        down(directory)
        assert not any(str(directory) in line for line in _command_lines()), "a process outlives down"


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graphite]:
    """One Graphite for all tests that do not mind the data of others."""
    directory = tmp_path_factory.mktemp("graphite")
    yield up(directory, retentions="1s:1h")
    down(directory)


def _command_lines() -> Iterator[str]:
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield entry.read_text(errors="replace")
        except OSError:
            continue
