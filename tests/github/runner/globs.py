"""Patterns of files, as the inputs of actions write them: one a line, `!` excludes, `~` is the home."""

from __future__ import annotations

import glob
import os
from pathlib import Path


def lines(text: str) -> list[str]:
    """The lines that are not empty, trimmed."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def absolute(pattern: str, workspace: Path, home: Path) -> str:
    """A pattern with its home and its workspace filled in."""
    if pattern == "~" or pattern.startswith("~/"):
        pattern = str(home) + pattern[1:]
    return os.path.normpath(os.path.join(workspace, pattern))


def expand(text: str, workspace: Path, home: Path) -> list[Path]:
    """The files and directories that the patterns in `text` name."""
    found: dict[Path, None] = {}
    for pattern in lines(text):
        matches = [
            Path(one) for one in sorted(glob.glob(absolute(pattern.removeprefix("!"), workspace, home), recursive=True))
        ]
        for match in matches:
            if pattern.startswith("!"):
                for one in [one for one in found if one.is_relative_to(match)]:
                    del found[one]
            else:
                found[match] = None
    return list(found)


def root(pattern: str) -> Path:
    """Where a search for an absolute pattern begins: the part before its first wildcard."""
    parts = Path(pattern).parts
    plain = next((index for index, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    return Path(*parts[:plain])
