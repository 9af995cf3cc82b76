"""The private directory of a run: short, since the path of a Unix socket ends at 108 bytes, and gone with the run.

A run that is killed cannot remove its own; whoever makes the next one does. A directory is in use as long as somebody
holds the lock of the file in it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = "sp-"
_LOCK = "lock"
_YOUNG_S = 60.0
"""A directory without a lock is left alone for so long, in seconds: its owner may be about to take it."""


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A new private directory; the ones of killed runs of this user are removed on the way."""
    base = _base()
    _remove_abandoned(base)
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    with occupied(path):
        yield path


@contextlib.contextmanager
def occupied(path: Path) -> Iterator[Path]:
    """Hold the directory ``path``, made if need be, as one's own, and remove it at the end."""
    path.mkdir(mode=0o700, exist_ok=True)
    with open(path / _LOCK, "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


def _base() -> Path:
    given = tempfile.gettempdir()
    return Path("/tmp" if len(given) > 60 else given)  # noqa: S108 - the directory in it is 0700


def _remove_abandoned(base: Path) -> None:
    for path in base.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            status = path.lstat()
            if path.is_symlink() or not path.is_dir() or status.st_uid != os.geteuid():
                continue
            if not (path / _LOCK).exists():
                known = {one.name for one in path.iterdir()} <= {"socket"}
                if known and time.time() - status.st_mtime > _YOUNG_S:
                    shutil.rmtree(path, ignore_errors=True)
                continue
            with open(path / _LOCK, "r+", encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its run lives
                shutil.rmtree(path, ignore_errors=True)
