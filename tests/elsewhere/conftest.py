"""An operator's machine: a cloud, its secret, a repository, the helper installed from it, and the three schedulers."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from openstack.connection import Connection
from pocketcloud.cloud import Cloud

from tests.elsewhere.checkouts import git, publish
from tests.elsewhere.machine import pip_settings, python
from tests.elsewhere.trials import QUICK, choose, write_probes
from tests.github.conftest import node
from tests.support import packages
from tests.support.clouds import inventory, settled_inventory

__all__ = ["node"]


@pytest.fixture(scope="session", autouse=True)
def _packages() -> None:
    if absent := packages.missing("github"):
        pytest.skip(f"the examples need: apt-get install {' '.join(absent)}")


@pytest.fixture
def undisturbed(admin: Connection) -> Iterator[None]:
    """The cloud after the test is the cloud before it."""
    before = inventory(admin)
    yield
    assert settled_inventory(admin, before) == before


@pytest.fixture(scope="session")
def secret(cloud: Cloud) -> dict[str, Any]:
    """A clouds.yaml with one cloud, as an operator has it."""
    entry = yaml.safe_load(cloud.clouds_yaml.read_text())["clouds"]["demo"]
    return {"clouds": {"mycloud": entry}}


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A bare clone of this checkout, with what is not committed yet, and the hash of its only commit."""
    return publish(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="session")
def helper(tmp_path_factory: pytest.TempPathFactory, repository: tuple[Path, str]) -> Path:
    """The command as the page tells to install it: a clone at a commit, and bootstrap.py."""
    place = tmp_path_factory.mktemp("opt")
    git(place, "clone", "--quiet", str(repository[0]), "source")
    subprocess.run(
        [python(), place / "source" / "tools" / "bootstrap.py", place / "venv"],
        check=True,
        env={"PATH": os.defpath, "HOME": str(place), **pip_settings()},
    )
    return place / "venv" / "bin" / "stackprobe"


@pytest.fixture
def etc(tmp_path: Path, secret: dict[str, Any]) -> Path:
    """/etc/stackprobe, with short runs."""
    directory = tmp_path / "etc"
    directory.mkdir()
    (directory / "clouds.yaml").write_text(yaml.safe_dump(secret))
    write_probes(directory)
    choose(directory, QUICK)
    return directory
