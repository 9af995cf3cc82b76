"""Runs that are kept on a branch or in a directory, as tests write and read them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from stackprobe import cli
from stackprobe.history.archive import ArchiveHistory

DATA = "stackprobe-data"


def git(*arguments: str | Path) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def keep(*arguments: str | Path) -> int:
    return cli.main(["keep", *map(str, arguments)])


def ids(directory: Path) -> set[str | None]:
    def broken(line: str) -> None:
        raise AssertionError(line)

    return {run.run_id for run in ArchiveHistory(directory, "demo", "RegionOne", say=broken).runs(0, 1e12)}
