"""The services' own venv, installed once per set of versions."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pocketcloud import cache
from pocketcloud.errors import PocketcloudError
from pocketcloud.progress import Progress
from pocketcloud.services import SERVICES

OLDEST_PYTHON = (3, 11)
NEED_BYTES = 1200 * cache.MIB
PACKAGES = (*(service.package for service in SERVICES), "openstacksdk")
# a child that the kernel ends with us, whatever ends us
TIED = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execv(sys.argv[1], sys.argv[1:])"
COMPILER_SIGNS = ("command '", "unable to execute", "Python.h", "CompileError", "compiler", "Failed building wheel")


def ensure(progress: Progress) -> Path:
    """The services' venv, made now if need be. Raises PocketcloudError."""
    check_python()
    place = cache.directory() / f"venv-{cache.venv_key()}"
    complete = place / ".complete"  # a venv cannot be renamed into place, so a mark says that it is whole
    if complete.exists():
        return place
    with cache.locked(place.with_suffix(".lock"), "the installation of the services", progress):
        if complete.exists():
            return place
        if place.exists():
            shutil.rmtree(place)  # an installation that was interrupted
        cache.check_space(place, NEED_BYTES, "the services' venv")
        try:
            with progress.step(f"installing {len(SERVICES)} OpenStack services (once, a few minutes)") as update:
                _install(place, update)
            complete.touch()
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
    return place


def check_python() -> None:
    """Raise PocketcloudError when this Python cannot make the venv."""
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        raise PocketcloudError(
            f"Python {sys.version.split()[0]} is too old", f"run pocketcloud with Python {wanted} or newer"
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise PocketcloudError(
            "this Python has no venv module", "install it (Debian and Ubuntu: apt-get install python3-venv)"
        ) from None


def _install(place: Path, update: Callable[[str], None]) -> None:
    log = place.with_suffix(".log")
    python = place / "bin" / "python"
    commands = (
        [sys.executable, "-m", "venv", str(place)],
        [str(python), "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check",
         "-c", str(cache.CONSTRAINTS), *PACKAGES],
    )  # fmt: skip
    foreign = ("PYTHONPATH", "PYTHONHOME", "PIP_CONSTRAINT")  # the constraints here are the services' own
    environment = {name: value for name, value in os.environ.items() if name not in foreign}
    with open(log, "wb") as stream:
        for command in commands:
            child = subprocess.Popen(
                [sys.executable, "-c", TIED, *command],
                env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True,
            )  # fmt: skip
            try:
                while child.poll() is None:
                    installed = len(list(place.glob("lib/python*/site-packages/*.dist-info")))
                    update(f"{installed} packages")
                    time.sleep(0.5)
            except BaseException:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                raise
            if child.returncode:
                raise _explained(place, log)
    log.unlink()


def _explained(place: Path, log: Path) -> PocketcloudError:
    text = log.read_text(errors="replace")
    if "No space left on device" in text:
        return cache.disk_full(place.parent, "while the services were installed")
    if any(sign in text for sign in COMPILER_SIGNS):
        return PocketcloudError(
            "a package of the services must be compiled and that failed",
            "install a C compiler and Python's headers (Debian and Ubuntu: apt-get install build-essential"
            f" python3-dev); pip's output is in {log}",
        )
    return PocketcloudError(
        "pip could not install the services", f"see {log}; the package index must be reachable for it"
    )
