"""The venv of carbon and graphite-web: made on demand, once per set of versions, below the user's cache directory."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pocketgraphite.errors import PocketgraphiteError

CONSTRAINTS = Path(__file__).with_name("constraints.txt")
PACKAGES = ("carbon", "graphite-web", "whisper", "gunicorn", "whitenoise")
#: A venv that works takes 140 MB.
NEED_BYTES = 300_000_000


def ensure(say: Callable[[str], None]) -> Path:
    """The venv, made now if need be.

    :param say: gets a line when something takes long.
    :raises PocketgraphiteError: it cannot be made. What was begun is removed, and a later call begins again.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "stackprobe" / "graphite"
    place = base / f"venv-{_key()}"
    complete = place / ".complete"  # a venv cannot be renamed into place, so a mark says that it is whole
    if complete.exists():
        return place
    try:
        base.mkdir(parents=True, exist_ok=True)
        with open(base / "venv.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if complete.exists():
                return place
            if place.exists():
                shutil.rmtree(place)  # an installation that was interrupted
            if shutil.disk_usage(base).free < NEED_BYTES:
                raise PocketgraphiteError(f"the disk of {base} has less than 300 MB left", "free some space")
            say("installing carbon and graphite-web (once, about half a minute) ...")
            try:
                _install(place)
                complete.touch()
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)
                raise
    except OSError as error:
        raise PocketgraphiteError(f"cannot write to {base}: {error.strerror}", "set XDG_CACHE_HOME") from error
    return place


def _key() -> str:
    shape = f"{sys.implementation.cache_tag} {sys.version_info[:3]} {platform.machine()} {sys.base_prefix}"
    return hashlib.sha256(CONSTRAINTS.read_bytes() + shape.encode()).hexdigest()[:16]


def _install(place: Path) -> None:
    # Python compiles what it imports: a small part of these packages
    quick = ["-qq", "--no-compile", "--no-input", "--disable-pip-version-check"]
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", *quick]
    commands = ([sys.executable, "-m", "venv", str(place)], [*pip, "-c", str(CONSTRAINTS), *PACKAGES])
    foreign = ("PYTHONPATH", "PYTHONHOME", "PIP_CONSTRAINT")  # the constraints here are Graphite's own
    environment = {name: value for name, value in os.environ.items() if name not in foreign}
    for command in commands:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no output"]
            raise PocketgraphiteError(
                f"carbon and graphite-web cannot be installed: {last[0]}",
                "the package index has to be reachable, and Python needs its venv module",
            )
