"""What is made once and used by every cloud: where it is kept, by what it is keyed, and who makes it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from pocketcloud.errors import PocketcloudError
from pocketcloud.progress import Progress
from pocketcloud.series import NEWEST, Series

PACKAGE = Path(__file__).resolve().parent
CONSTRAINTS_MORE = PACKAGE / "constraints-optional.txt"  # a file of its own: what it adds leaves the venv alone
MIB = 1 << 20


def directory() -> Path:
    """Our directory below the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base).absolute() / "stackprobe" / "pocketcloud"


def _digest(parts: list[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()[:16]


def venv_key(series: Series = NEWEST) -> str:
    """Hash of what shapes the venv of the services of a series."""
    interpreter = f"{sys.implementation.cache_tag} {sys.version_info[:3]} {platform.machine()} {sys.base_prefix}"
    return _digest([series.constraints_file.read_bytes(), interpreter.encode()])


def layer_key(name: str) -> str:
    """Hash of what shapes the layer of an optional service above that venv."""
    return _digest([venv_key().encode(), CONSTRAINTS_MORE.read_bytes(), name.encode()])


def golden_key(
    package: Path = PACKAGE,
    optional: Iterable[str] = (),
    series: Series = NEWEST,
    guests: bool = False,
    image: str = "",
) -> str:
    """Hash of what shapes a fresh cloud: the services and every line of this package."""
    parts = [venv_key(series).encode(), *(layer_key(name).encode() for name in optional)]
    parts += [b"guests"] if guests else []
    parts += [image.encode()] if image else []
    for path in sorted(package.rglob("*.py")):
        parts += [str(path.relative_to(package)).encode(), path.read_bytes()]
    return _digest(parts)


@contextlib.contextmanager
def locked(path: Path, waiting_for: str, progress: Progress) -> Iterator[None]:
    """Hold a lock file; says so when another process holds it. The kernel frees it when its holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as stream:
        waited = False
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    raise
                if not waited:
                    progress.note(f"waiting for another pocketcloud to finish: {waiting_for}")
                    waited = True
                time.sleep(0.2)
        yield


def check_space(path: Path, need_bytes: int, what: str) -> None:
    """Raise PocketcloudError when the file system of `path` has not that much space left."""
    while not path.exists():
        path = path.parent
    free = shutil.disk_usage(path).free
    if free < need_bytes:
        raise disk_full(path, f"{what} needs {need_bytes // MIB} MiB and {free // MIB} MiB are free")


def disk_full(path: Path, detail: str) -> PocketcloudError:
    """The error for a full disk."""
    return PocketcloudError(f"the disk of {path} is full ({detail})", "free some space and run the same command again")
