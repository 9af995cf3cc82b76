"""Which tests a run without ``--thorough`` leaves out: those marked so, and none that is named itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.thorough import daily

CONFTEST = """\
from tests.support import thorough
from tests.support.thorough import pytest_addoption, pytest_configure

def pytest_collection_modifyitems(config, items):
    thorough.leave_out(config, items)
"""
TESTS = """\
import pytest
from tests.support.thorough import daily

@pytest.mark.parametrize(("number", "text"), daily([(1, "a"), (2, "b"), (3, "c")], [0, 2]))
def test_some(number, text): pass

@pytest.mark.thorough
def test_all(): pass

class TestOthers:
    @pytest.mark.thorough
    def test_of_class(self): pass
"""
SOME = ["test_some[1-a]", "test_some[3-c]"]
EVERY = ["test_some[1-a]", "test_some[2-b]", "test_some[3-c]", "test_all", "test_of_class"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["test_it.py"], SOME),
        (["--thorough", "test_it.py"], EVERY),
        (["--thorough", "-m", "thorough", "test_it.py"], ["test_some[2-b]", "test_all", "test_of_class"]),
        (["test_it.py::test_all"], ["test_all"]),
        (["test_it.py::test_some"], EVERY[:3]),
        (["test_it.py::test_some[2-b]"], ["test_some[2-b]"]),
        (["test_it.py::TestOthers"], ["test_of_class"]),
    ],
    ids=str,
)
def test_what_is_marked_is_left_out_unless_it_is_wanted(
    arguments: list[str], expected: list[str], tmp_path: Path
) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)
    pytest_itself = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*pytest_itself, "--strict-markers", "--collect-only", "-q", *arguments],
        cwd=tmp_path, env={"PYTHONPATH": str(Path(__file__).resolve().parents[2])}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert [line.rpartition("::")[2] for line in done.stdout.splitlines() if "::" in line] == expected, done.stdout


def test_values_are_marked_by_their_places() -> None:
    found = daily(["a", ("b", "c")], [1])
    assert [(one.values, [mark.name for mark in one.marks]) for one in found] == [
        (("a",), ["thorough"]),
        (("b", "c"), []),
    ]
