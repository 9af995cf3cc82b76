"""Two depths of the tests: what every change must pass, and all (`pytest --thorough`).

A test marked ``thorough`` takes a run, a build or a boot of its own to prove what others prove as well, of another
scenario, fault, place or version. It is left out unless ``--thorough`` asks for all or the test is named itself.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

import pytest


def marks(every_day: bool) -> list[pytest.MarkDecorator]:
    """The marks of a test, or of one of its parameters, that is for every day or not."""
    return [] if every_day else [pytest.mark.thorough]


def daily(values: Iterable[Any], which: Container[int]) -> list[pytest.ParameterSet]:
    """Values for `parametrize`, each alone or a tuple, of which all are thorough but those at these places."""
    return [
        pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=marks(place in which))
        for place, value in enumerate(values)
    ]


def pytest_addoption(parser: pytest.Parser) -> None:
    """How to ask for all."""
    parser.addoption("--thorough", action="store_true", help="run the tests marked as thorough, too")


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the mark."""
    config.addinivalue_line("markers", "thorough: only with --thorough, or when it is named itself")


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the thorough ones out of the tests that were collected, unless they are wanted."""
    if config.getoption("--thorough"):
        return
    named = tuple(argument for argument in config.args if "::" in argument)
    out = [item for item in items if item.get_closest_marker("thorough") and not _is_named(item.nodeid, named)]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]


def _is_named(nodeid: str, named: tuple[str, ...]) -> bool:
    return any(nodeid == one or nodeid.startswith((f"{one}[", f"{one}::")) for one in named)
