"""pytest imports test modules by their bare names: two of one name in one run, and nothing is run at all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("folders", [("unit",), ("zuul", "integration"), ("github", "elsewhere")], ids="+".join)
def test_modules_that_are_run_together_have_names_of_their_own(folders: tuple[str, ...]) -> None:
    names = Counter(file.name for folder in folders for file in (TESTS / folder).rglob("test_*.py"))
    assert names and [name for name, count in names.items() if count > 1] == []
