"""Roles and playbooks: in a checkout where they stand, in an installation beside this file."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
_CHECKOUT = _HERE.parents[2]


def roles() -> Path:
    """The folder of all roles."""
    return _folder("roles")


def playbooks() -> Path:
    """The folder of all playbooks."""
    return _folder("playbooks")


def _folder(name: str) -> Path:
    installed = _HERE / name
    return installed if installed.is_dir() else _CHECKOUT / name
