"""The node programs and libraries of package.json: installed once for all checkouts, outside of them."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PACKAGES = Path(__file__).with_name("package.json")
INSTALL_LIMIT_S = 600.0


class NodeMissing(Exception):
    """There is no node or no npm; the text says what to install."""


@dataclasses.dataclass(frozen=True)
class NodeTools:
    """One installation of package.json."""

    directory: Path

    @property
    def node_modules(self) -> Path:
        """Where the packages are."""
        return self.directory / "node_modules"

    def binary(self, name: str) -> Path:
        """The program `name` of a package, to be run with node on the PATH.

        :raises NodeMissing: no package brings such a program.
        """
        path = self.node_modules / ".bin" / name
        if not path.exists():
            raise NodeMissing(f"no package of {PACKAGES} brings {name}")
        return path


def node_tools() -> NodeTools:
    """The installation for this package.json and this node, made when it is missing.

    :raises NodeMissing: node or npm are missing, or npm could not install.
    """
    if not (shutil.which("node") and shutil.which("npm")):
        raise NodeMissing("the tests of the workflows need node 20 or later: apt-get install nodejs npm")
    major = _output(["node", "--version"]).strip().lstrip("v").partition(".")[0]
    name = f"{hashlib.sha256(PACKAGES.read_bytes()).hexdigest()[:16]}-node{major}"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stackprobe" / "github"
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / name).exists():
            _install(cache, cache / name)
    return NodeTools(cache / name)


def _install(cache: Path, target: Path) -> None:
    """Install beside `target` and rename, so that a half of an installation is never taken for a whole one."""
    temporary = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=cache))
    try:
        shutil.copy(PACKAGES, temporary / "package.json")
        # No lock file: it would hold the addresses of the registry of whoever ran this first.
        options = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
        _output(["npm", "install", *options], cwd=temporary)
        temporary.rename(target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(temporary)


def _output(command: list[str], cwd: Path | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=INSTALL_LIMIT_S
    )
    if done.returncode:
        raise NodeMissing(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout
