"""Files that nobody else can read at any moment, and their removal."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from stackprobe.errors import UsageError

_REMEDY = "name a file in a directory that does not exist yet: it is made, for its owner alone"


def private_directory(path: Path) -> None:
    """Make the directory ``path`` for its owner alone; one that exists must be safe from others.

    :raises UsageError: it cannot be made, or others can write in it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
        status = path.stat()
        if not stat.S_ISDIR(status.st_mode):
            raise UsageError("this is no directory", remedy=_REMEDY, file=path)
        if status.st_uid == os.geteuid() and not any(path.iterdir()):
            path.chmod(0o700)
        elif status.st_mode & 0o022:
            raise UsageError("others can write in this directory", remedy=_REMEDY, file=path)
    except OSError as error:
        raise UsageError(f"the directory cannot be used: {error.strerror or error}", file=path) from None


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 whole or not at all.

    :raises UsageError: it cannot be written.
    """
    part = _part_of(path)
    try:
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "w", encoding="utf-8") as stream:
            os.fchmod(descriptor, 0o600)
            stream.write(text)
            stream.flush()
            os.fsync(descriptor)
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise UsageError(f"the file cannot be written: {error.strerror or error}", file=path) from None


def left_of(path: Path) -> list[Path]:
    """What there is of a file: itself, and what a killed :func:`write_private` left."""
    return [one for one in (path, _part_of(path)) if os.path.lexists(one)]


def shred(path: Path) -> None:
    """Overwrite and remove a file, and what a killed :func:`write_private` left of it.

    :raises UsageError: it cannot be removed.
    """
    for one in left_of(path):
        try:
            size = one.lstat().st_size
            if not one.is_symlink():
                with contextlib.suppress(OSError), open(one, "r+b", buffering=0) as stream:
                    stream.write(b"\0" * size)
                    os.fsync(stream.fileno())
            one.unlink()
        except OSError as error:
            raise UsageError(f"the file cannot be removed: {error.strerror or error}", file=one) from None


def _part_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")
