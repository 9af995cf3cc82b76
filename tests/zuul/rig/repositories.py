"""The git repositories that Zuul reads: made from folders, placeholders filled in, one commit each."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.zuul.rig.errors import RigError
from tests.zuul.rig.processes import run

PLACEHOLDER = re.compile(rb"@([A-Z][A-Z0-9_]*)@")
#: Files of a tenant's folder that are about the repository and not in it.
NOT_PUBLISHED = ("tenant.yaml", "prepare.py")


def copy_checkout(source: Path, destination: Path) -> None:
    """The working tree of a checkout as it is now: tracked files, and new ones that are not ignored."""
    listed = run(["git", "-C", source, "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    for name in filter(None, listed.split("\0")):
        _copy(source / name, destination / name)


def copy_folder(source: Path, destination: Path, values: Mapping[str, str]) -> None:
    """A folder, with each `@NAME@` in its files replaced by the value of that name.

    :raises RigError: there is no such value; the text names file and placeholder.
    """
    for path in sorted(_files(source)):
        _copy(path, destination / path.relative_to(source))
    fill_in(destination, values)


def fill_in(place: Path, values: Mapping[str, str]) -> None:
    """Replace the placeholders in all files of a folder. Raises RigError for one that has no value."""
    for path in _files(place):
        if path.is_symlink():
            continue
        before = path.read_bytes()

        def value(match: re.Match[bytes], path: Path = path) -> bytes:
            name = match[1].decode()
            if name not in values:
                raise RigError(
                    f"{path.relative_to(place)}: no value for @{name}@; there are {', '.join(sorted(values))}"
                )
            return values[name].encode()

        after = PLACEHOLDER.sub(value, before)
        if after != before:
            path.write_bytes(after)


def named(place: Path) -> Iterator[str]:
    """The names of the placeholders in the files of a folder."""
    for path in _files(place):
        yield from (match[1].decode() for match in PLACEHOLDER.finditer(path.read_bytes()))


def publish(work: Path, bare: Path) -> str:
    """Commit everything in a folder on the branch main, and clone it to where Zuul reads; returns the commit's id."""
    run(["git", "init", "-q", "-b", "main", work])
    commit = _commit(work, "As the rig found it")
    run(["git", "clone", "-q", "--bare", work, bare])
    return commit


def merge(work: Path, bare: Path, files: Mapping[str, str]) -> str:
    """Write files into a folder that is published already, commit and push them; returns the commit's id."""
    for name, text in files.items():
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    commit = _commit(work, "As a test wants it")
    run(["git", "-C", work, "push", "-q", bare, "main"])
    return commit


def _commit(work: Path, subject: str) -> str:
    identity = ("-c", "user.name=rig", "-c", "user.email=rig@example.org", "-c", "commit.gpgsign=false")
    run(["git", "-C", work, "add", "--all", "--force"])
    run(["git", "-C", work, *identity, "commit", "-q", "--allow-empty", "-m", subject])
    return run(["git", "-C", work, "rev-parse", "HEAD"]).strip()


def _copy(source: Path, destination: Path) -> None:
    if source.is_symlink():
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.symlink_to(os.readlink(source))
    elif source.is_file():  # one that is deleted but not yet from the index is none
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_bytes(source.read_bytes())
        destination.chmod(source.stat().st_mode)


def _files(place: Path) -> Iterator[Path]:
    for path in place.rglob("*"):
        parts = path.relative_to(place).parts
        if "__pycache__" in parts or ".git" in parts or parts[0] in NOT_PUBLISHED:
            continue
        if path.is_symlink() or path.is_file():
            yield path
