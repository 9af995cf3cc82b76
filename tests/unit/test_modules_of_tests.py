"""pytest imports test modules by their bare names: two of one name in one run, and nothing is run at all.

What several modules share is made once in each worker that has one of them, so they must all be in one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.support.side_by_side import TOGETHER

TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    "folders", [("unit",), ("zuul", "integration", "github", "elsewhere"), ("guests",)], ids="+".join
)
def test_modules_that_are_run_together_have_names_of_their_own(folders: tuple[str, ...]) -> None:
    names = Counter(file.name for folder in folders for file in (TESTS / folder).rglob("test_*.py"))
    assert names and [name for name, count in names.items() if count > 1] == []


def test_modules_that_share_a_cloud_or_its_runs_go_to_one_worker() -> None:
    sharing: dict[str, set[str | None]] = defaultdict(set)
    for file in (TESTS / "integration").rglob("test_*.py"):
        text = file.read_text(encoding="utf-8")
        season = re.search(r"from tests\.integration\.scenarios\.(\w+_season) import [^\n]*\bSEASON\b", text)
        what = "full cloud" if re.search(r"\bfull_(cloud|admin|demo|faults|weather|probe)\b", text) else None
        if shared := what or (season and season[1]):
            sharing[shared].add(TOGETHER.get(str(file.relative_to(TESTS.parent))))
    assert set(sharing) >= {"full cloud", "network_season", "volume_season", "common_season", "servers_season"}
    assert {shared: groups for shared, groups in sharing.items() if len(groups) != 1 or None in groups} == {}
