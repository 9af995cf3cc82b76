"""The environment that CI jobs make for the helper: quick, from a checkout, with nothing left to work out."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import stackprobe

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "bootstrap.py"


def test_the_helper_runs_from_the_checkout_with_what_the_running_python_has(tmp_path: Path) -> None:
    place = tmp_path / "a place with 'quotes'" / "venv"
    subprocess.run([sys.executable, SCRIPT, place, "--sdk", "executor"], check=True, capture_output=True)

    done = subprocess.run(
        [place / "bin" / "stackprobe", "--version"], check=True, capture_output=True, text=True, cwd="/"
    )
    where = subprocess.run(
        [place / "bin" / "python", "-c", "import stackprobe, openstack; print(stackprobe.__file__)"],
        check=True, capture_output=True, text=True, cwd="/",
    )  # fmt: skip

    assert done.stdout == f"stackprobe {stackprobe.__version__}\n"
    assert Path(where.stdout.strip()).is_relative_to(SCRIPT.parent)


def test_what_pip_refuses_is_refused_and_leaves_no_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path / "venv", "--pip-option=--no-such-option"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 2 and "no such option: --no-such-option" in done.stderr
    assert not (tmp_path / "venv" / "bin" / "stackprobe").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--extra=otcextensions", "--sdk=executor"], "--extra does not go with --sdk executor"),
        (["--extra=--index-url=https://packages.example.org"], "no option of pip"),
        (["--extra="], "no option of pip"),
    ],
)
def test_a_further_package_that_cannot_be_had_is_refused_at_once(
    tmp_path: Path, arguments: list[str], says: str
) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path / "venv", *arguments], check=False, capture_output=True, text=True
    )

    assert done.returncode == 2 and says in done.stderr
    assert not (tmp_path / "venv").exists()


def test_further_packages_are_installed_beside_what_was_tested_together() -> None:
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    assert spec is not None and spec.loader is not None
    bootstrap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bootstrap)

    pinned = list(bootstrap._installations("all.txt", "pinned", ["a==1", "b"]))
    assert pinned == [["--no-deps", "--requirement", "all.txt"], ["--constraint", "all.txt", "a==1", "b"]]
    assert list(bootstrap._installations("all.txt", "newest", ["a"]))[-1] == ["a"]


@pytest.mark.parametrize("given", ["", "/elsewhere"])
def test_libraries_keep_nothing_in_the_home_of_a_job(tmp_path: Path, given: str) -> None:
    place = tmp_path / "a place" / "venv"
    subprocess.run([sys.executable, SCRIPT, place, "--sdk", "executor"], check=True, capture_output=True)
    python = place / "bin" / "python"
    python.unlink()
    python.write_text('#!/bin/sh\necho "$XDG_CACHE_HOME"\n')
    python.chmod(0o755)

    environment = {"PATH": "/usr/bin:/bin"} | ({"XDG_CACHE_HOME": given} if given else {})
    said = subprocess.run([place / "bin" / "stackprobe"], env=environment, check=True, capture_output=True, text=True)
    assert said.stdout.strip() == (given or str(place / "cache"))


def test_what_was_made_of_the_same_before_is_taken_as_it_is(tmp_path: Path) -> None:
    place = tmp_path / "venv"
    command = [sys.executable, SCRIPT, place, "--sdk", "executor"]
    subprocess.run(command, check=True, capture_output=True)
    mark = place / "mark"
    mark.touch()
    (place / "bin" / "stackprobe").unlink()

    subprocess.run([*command, "--pip-option=--no-such-option"], check=True, capture_output=True)
    assert mark.exists() and (place / "bin" / "stackprobe").exists()

    (place / "made-of.txt").write_text("something else")
    subprocess.run(command, check=True, capture_output=True)
    assert not mark.exists()


def test_the_key_of_an_environment_is_another_one_for_another_content(tmp_path: Path) -> None:
    def key(*arguments: str) -> str:
        command = [sys.executable, str(SCRIPT), "--key", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    one = key(str(tmp_path / "venv"))
    assert one == key(str(tmp_path / "venv")) and len(one) == 33
    others = [key(str(tmp_path / "venv"), *more) for more in (["--sdk", "executor"], ["--extra", "x==1"])]
    assert len({one, key(str(tmp_path / "other")), *others}) == 4
    assert not (tmp_path / "venv").exists()


def test_missing_is_what_the_running_python_does_not_have() -> None:
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    assert spec is not None and spec.loader is not None
    bootstrap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bootstrap)

    lines = ["# a comment", "PyYAML==0.1", 'no-such-package==1; python_version < "4"', "other.package==2"]
    assert bootstrap.missing(lines) == ["# a comment", *lines[2:]]
