"""Programs ``ansible-playbook`` of several releases: given by STACKPROBE_TEST_ANSIBLES, else made once and kept.

STACKPROBE_TEST_ANSIBLES is a list of programs, separated like PATH. Without it, venvs are made in
STACKPROBE_TEST_ANSIBLE_CACHE or the user's cache directory: ansible-core 2.16, 2.18 and the newest release that a
Python of this machine can run.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stackprobe.filelock import locked

WANTED = ("2.16", "2.18", "newest")
OLD = ("2.16", "2.18")
_PATIENCE_S = 600.0
NEWEST_NEEDS = (3, 12)
"""The Python that the newest ansible-core needs."""


@dataclass(frozen=True)
class Program:
    """An ansible-playbook. ``name`` says what it is, in a test's id."""

    name: str
    path: Path

    @property
    def python(self) -> Path:
        return self.path.with_name("python")


def given() -> list[Program]:
    """The programs of STACKPROBE_TEST_ANSIBLES, each with its release as name."""
    paths = [Path(one) for one in os.environ.get("STACKPROBE_TEST_ANSIBLES", "").split(os.pathsep) if one]
    return [Program(f"{release(path)} on {_python_of(path)}", path) for path in paths]


def old_or_own() -> Mapping[str, Callable[[], Program]]:
    """What to test with where Ansible is not the subject, by name; called, each is there.

    Those that are given, old ones where all are to be tested, else the one beside this Python.
    """
    if found := given():
        return {one.name: functools.partial(_itself, one) for one in found}
    if os.environ.get("STACKPROBE_TEST_ALL_ANSIBLES"):
        return {wanted: functools.partial(make, wanted) for wanted in OLD}
    beside = Path(sys.executable).with_name("ansible-playbook")
    return {"the one beside this Python": functools.partial(_itself, Program("the one beside this Python", beside))}


def _itself(program: Program) -> Program:
    return program


def release(program: Path) -> str:
    """The release of ansible-core that a program is of.

    :raises RuntimeError: it does not say.
    """
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"\[core (\S+?)\]", said)
    if match is None:
        raise RuntimeError(f"{program} --version says no release: {said[:200]}")
    return match[1]


def make(wanted: str) -> Program:
    """The program of a release (``2.18``, ``newest``), installed into a venv of its own unless it is there already."""
    python = _newest_python() if wanted == "newest" else Path(sys.executable)
    version = _version(python)
    home = _cache() / f"ansible-{wanted}-python{'.'.join(map(str, version))}"
    program = home / "bin" / "ansible-playbook"
    _cache().mkdir(parents=True, exist_ok=True)
    with locked(_cache() / f"{home.name}.lock", _PATIENCE_S, RuntimeError(f"another process makes {home} for long")):
        if not (home / "complete").exists():
            _install(python, home, "ansible-core" if wanted == "newest" else f"ansible-core=={wanted}.*")
    note = "" if wanted != "newest" or version >= NEWEST_NEEDS else f" (the newest for {version[0]}.{version[1]})"
    return Program(f"{release(program)}{note}", program)


def _install(python: Path, home: Path, requirement: str) -> None:
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([str(python), "-m", "venv", str(home)], check=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    unconstrained = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
    subprocess.run([*pip, requirement], check=True, env=unconstrained)
    (home / "complete").touch()


def newest_name() -> str:
    """What the newest release is called in a test's id: without a Python new enough, it says so."""
    version = _version(_newest_python())
    return "newest" if version >= NEWEST_NEEDS else f"newest for Python {version[0]}.{version[1]}"


def _newest_python() -> Path:
    """The newest Python here that the newest ansible-core runs on; else the running one."""
    found = [python for python in _pythons() if _version(python) >= NEWEST_NEEDS]
    return max(found, key=_version, default=Path(sys.executable))


def _pythons() -> Iterator[Path]:
    yield Path(sys.executable)
    names = ("python3.13", "python3.12")
    for folder in [*os.environ.get("PATH", "").split(os.pathsep), *map(str, _pyenv())]:
        yield from (Path(folder, name) for name in names if os.access(Path(folder, name), os.X_OK))


def _pyenv() -> Iterator[Path]:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(root.glob("versions/*/bin"))


def _version(python: Path) -> tuple[int, int]:
    """Major and minor; (0, 0) for a program that does not run, as a shim of pyenv for a Python that is not chosen."""
    if python == Path(sys.executable):
        return sys.version_info[:2]
    code = "import sys, venv, ensurepip; print(*sys.version_info[:2])"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    words = done.stdout.split()
    return (int(words[0]), int(words[1])) if done.returncode == 0 and len(words) == 2 else (0, 0)


def _python_of(program: Path) -> str:
    major, minor = _version(program.with_name("python"))
    return f"Python {major}.{minor}"


def _cache() -> Path:
    given_place = os.environ.get("STACKPROBE_TEST_ANSIBLE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(given_place) if given_place else Path(base) / "stackprobe-tests"
