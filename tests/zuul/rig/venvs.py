"""Zuul's own venv and the Ansible of its executor: made on demand, once per set of versions, in the user's cache.

Zuul and its needs cannot share a venv with this project. What `zuul-manage-ansible` would make for the executor has
0.8 GB of collections and cloud SDKs; here it is ansible-core and what Zuul's own plugins and our jobs need of the rest.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.zuul.rig.errors import RigError
from tests.zuul.rig.processes import run

CONSTRAINTS = Path(__file__).with_name("constraints")
ZUUL = ("zuul",)
#: google-re2 is for Zuul's callback, voluptuous for zuul_return; the rest is what executors have and jobs may use.
ANSIBLE = ("ansible-core", "openstacksdk", "google-re2", "voluptuous", "jmespath", "netaddr")
#: The releases that Zuul 14 supports, by the names that jobs give as `ansible-version`.
ANSIBLE_VERSIONS = ("9", "11")


def zuul_venv() -> Path:
    """The venv of Zuul, made now if need be (a minute or two).

    :raises RigError: it cannot be made; the text has pip's words.
    """
    return _ensure(_cache() / f"venv-{_key('zuul.txt')}", "zuul.txt", ZUUL)


def ansible_root() -> Path:
    """The executor's `ansible_root`: a folder with a venv for each of ANSIBLE_VERSIONS, made now if need be.

    :raises RigError: one cannot be made; the text has pip's words.
    """
    files = [f"ansible-{version}.txt" for version in ANSIBLE_VERSIONS]
    root = _cache() / f"ansible-{_key(*files)}"
    for version, file in zip(ANSIBLE_VERSIONS, files, strict=True):
        _ensure(root / version, file, ANSIBLE)
    return root


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "stackprobe" / "zuul"


def _key(*files: str) -> str:
    shape = f"{sys.implementation.cache_tag} {sys.version_info[:3]} {platform.machine()} {sys.base_prefix}"
    versions = b"".join((CONSTRAINTS / file).read_bytes() for file in files)
    return hashlib.sha256(versions + shape.encode()).hexdigest()[:16]


def _ensure(place: Path, constraints: str, packages: tuple[str, ...]) -> Path:
    complete = place / ".complete"  # a venv cannot be renamed into place, so a mark says that it is whole
    if complete.exists():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with _locked(place.with_name(place.name + ".lock")):
        if complete.exists():
            return place
        shutil.rmtree(place, ignore_errors=True)  # an installation that was interrupted
        try:
            _install(place, CONSTRAINTS / constraints, packages)
            complete.touch()
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
    return place


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _install(place: Path, constraints: Path, packages: tuple[str, ...]) -> None:
    foreign = ("PYTHONPATH", "PYTHONHOME", "PIP_CONSTRAINT")  # the constraints here are these venvs' own
    environment = {name: value for name, value in os.environ.items() if name not in foreign}
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check"]
    run([sys.executable, "-m", "venv", place], env=environment)
    try:
        run([*pip, "-c", str(constraints), *packages], env=environment)
    except RigError as error:
        raise RigError(f"{', '.join(packages)} cannot be installed into {place}: {error}") from None
