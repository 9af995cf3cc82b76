"""Environments of the alternatives, each in a venv where it works, kept in the user's cache directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def command_line_client() -> Path:
    """A venv with the ``openstack`` command."""
    return _venv("bench-openstackclient", ["python-openstackclient"])


def collection() -> Path:
    """A venv with the collection openstack.cloud, which breaks on openstacksdk 4.15 and newer."""
    return _venv("bench-collection", ["ansible>=11,<12", "openstacksdk<4.15"])


def _venv(name: str, packages: list[str]) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stackprobe" / name
    if not (cache / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(cache)], check=True)
        pip = [str(cache / "bin" / "pip"), "install", "-qq"]
        environment = {key: value for key, value in os.environ.items() if key != "PIP_CONSTRAINT"}
        subprocess.run([*pip, *packages], check=True, env=environment)
        (cache / "complete").touch()
    return cache
