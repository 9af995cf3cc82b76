"""Past runs in a directory. Writers take turns by a lock, which the kernel frees when its holder dies."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.filelock import locked
from stackprobe.history import layout
from stackprobe.keeping.plan import Change, layout_is_exact
from stackprobe.outputs.atomic import write_atomically

#: A change: what is to be written and removed, from the files that are there and what reads one.
Maker = Callable[[Mapping[str, int], Callable[[str], bytes]], Change]


class Busy(Exception):
    """Others were writing all the time that there was; nothing is changed."""


class Folder:
    """One directory; it is made where it is missing."""

    def __init__(self, directory: Path, patience_s: float) -> None:
        self._directory = directory
        self._patience_s = patience_s

    def change(self, make: Maker) -> Change:
        """Make a change and carry it out. A kill at any moment leaves every run that was there.

        :raises UsageError: the directory cannot be written.
        :raises Busy: see there.
        """
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            busy = Busy(f"{self._directory}: another writer holds the lock")
            with locked(self._directory / ".lock", self._patience_s, busy):
                change = make(files_of(self._directory), lambda path: (self._directory / path).read_bytes())
                apply(self._directory, change)
                return change
        except OSError as error:
            raise UsageError(
                f"past runs cannot be kept there: {error.strerror}",
                file=error.filename or self._directory,
                remedy="check permissions and free space",
            ) from error


def files_of(directory: Path) -> dict[str, int]:
    """The files of an archive that lie in a directory, and their bytes."""
    found = {}
    for top, _, names in os.walk(directory):
        for name in names:
            path = Path(top, name)
            inside = path.relative_to(directory).as_posix()
            if layout_is_exact(inside) and layout.parse(inside) and path.is_file() and not path.is_symlink():
                found[inside] = path.stat().st_size
    return found


def apply(directory: Path, change: Change) -> None:
    """Write, then remove: what moves from one file to another is at no moment in neither.

    :raises OSError: it cannot be written.
    """
    for path, data in change.written.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(directory / path, data)
    for path in change.removed:
        (directory / path).unlink(missing_ok=True)
        for parent in list(Path(path).parents)[:-2]:
            with contextlib.suppress(OSError):  # others are in it
                (directory / parent).rmdir()
