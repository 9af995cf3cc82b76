"""Journals, and a repository for what is kept of them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.data_branch import DATA, git, ids, keep

sys.path.insert(0, str(Path(__file__).parents[1]))  # journals.py


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [*os.environ]:
        if name.startswith(("GIT_", "STACKPROBE_GIT")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    path = tmp_path / "data.git"
    git("init", "--quiet", "--bare", path)
    return path


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Path]:
    def make(run_id: str, age_s: float = 60, **changes: object) -> Path:
        import journals

        journal = journals.fair(["identity"], start=time.time() - age_s)
        journal.records[0].update(run=run_id, **changes)
        return journal.write(tmp_path / f"run-{run_id}").parent

    return make


@pytest.fixture
def on_branch(bare: Path, tmp_path: Path) -> Callable[[], set[str | None]]:
    def read() -> set[str | None]:
        assert git("-C", bare, "rev-list", "--count", DATA).strip() == "1"
        git("-C", bare, "fsck", "--strict")
        assert not (bare / "shallow").exists()
        assert keep("--repository", bare, "--checkout", tmp_path / "out") == 0
        return ids(tmp_path / "out")

    return read
