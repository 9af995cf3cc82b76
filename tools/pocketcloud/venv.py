"""The services' own venv, installed once per set of versions."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pocketcloud import cache
from pocketcloud.errors import PocketcloudError
from pocketcloud.progress import Progress
from pocketcloud.series import NEWEST, Series
from pocketcloud.services import CORE, Service

OLDEST_PYTHON = (3, 11)
NEED_BYTES = 1200 * cache.MIB
LAYER_NEED_BYTES = 300 * cache.MIB
PACKAGES = (*(service.package for service in CORE), "openstacksdk")
# a child that the kernel ends with us, whatever ends us
TIED = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execv(sys.argv[1], sys.argv[1:])"
COMPILER_SIGNS = ("command '", "unable to execute", "Python.h", "CompileError", "compiler", "Failed building wheel")


def ensure(progress: Progress, series: Series = NEWEST) -> Path:
    """The venv of the services of a series, made now if need be. Raises PocketcloudError."""
    check_python()
    place = cache.directory() / f"venv-{cache.venv_key(series)}"
    commands = (
        [sys.executable, "-m", "venv", str(place)],
        [*_pip(place), "-c", str(series.constraints_file), *PACKAGES],
    )
    _ensure(
        place, commands, f"{len(CORE)} services of OpenStack {series.name} (once, a few minutes)", NEED_BYTES, progress
    )
    return place


def ensure_layers(venv: Path, services: Iterable[Service], progress: Progress) -> dict[str, str]:
    """What these optional services need beside the venv: service → directory, made now. Raises PocketcloudError.

    A layer is a prefix of its own for pip, which finds the venv's packages installed and adds only what is missing.
    Every service has one, whatever it is combined with; all are constrained alike, so that what two of them hold is
    the same.
    """
    layers = {}
    for service in services:
        place = cache.directory() / f"layer-{service.name}-{cache.layer_key(service.name)}"
        constraints = ["-c", str(NEWEST.constraints_file), "-c", str(cache.CONSTRAINTS_MORE)]
        packages = (service.package, *service.more)
        command = [*_pip(venv), "--prefix", str(place), "--no-warn-script-location", *constraints, *packages]
        _ensure(place, [command], f"{service.name} (once)", LAYER_NEED_BYTES, progress)
        layers[service.name] = str(place)
    return layers


def _pip(venv: Path) -> list[str]:
    """Python compiles what it imports: a small part of these packages, of which pip would compile all."""
    python = str(venv / "bin" / "python")
    return [python, "-m", "pip", "install", "-qq", "--no-compile", "--no-input", "--disable-pip-version-check"]


def _ensure(place: Path, commands: Iterable[Sequence[str]], what: str, need_bytes: int, progress: Progress) -> None:
    """Have these commands fill a directory, unless it is there already."""
    complete = place / ".complete"  # a venv cannot be renamed into place, so a mark says that it is whole
    if complete.exists():
        return
    with cache.locked(place.with_suffix(".lock"), f"the installation of {what}", progress):
        if complete.exists():
            return
        if place.exists():
            shutil.rmtree(place)  # an installation that was interrupted
        cache.check_space(place, need_bytes, f"the installation of {what}")
        try:
            with progress.step(f"installing {what}") as update:
                _install(place, commands, update)
            complete.touch()
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise


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


def _install(place: Path, commands: Iterable[Sequence[str]], update: Callable[[str], None]) -> None:
    log = place.with_suffix(".log")
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
