"""Repositories of git for the tests."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.elsewhere.examples import CHECKOUT


def git(directory: Path, *arguments: str) -> str:
    """What git prints, run in the directory."""
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *who, *arguments], cwd=directory, check=True, capture_output=True, text=True).stdout


def commit(directory: Path) -> str:
    """Make a repository of all that is in the directory; the hash of its only commit."""
    git(directory, "init", "--quiet")
    git(directory, "add", "--all", "--force")
    git(directory, "commit", "--quiet", "--message", "All")
    return git(directory, "rev-parse", "HEAD").strip()


def publish(place: Path) -> tuple[Path, str]:
    """A bare clone of this checkout, with what is not committed yet, and the hash of its only commit."""
    listed = git(CHECKOUT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (CHECKOUT / name).is_file():
            (place / "work" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, place / "work" / name)
    revision = commit(place / "work")
    git(place, "clone", "--quiet", "--bare", "work", "stackprobe.git")
    return place / "stackprobe.git", revision
