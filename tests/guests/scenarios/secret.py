"""Runs with the secret of a CI, which holds the private key of the jump host beside the credentials."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pocketcloud.cloud import Cloud

from tests.integration.tokens import entry_in, login, logout

NAME = "jump-host"


@contextlib.contextmanager
def logged_in(cloud: Cloud, directory: Path, key: Path) -> Iterator[Path]:
    """The clouds.yaml of a login with such a secret, which came on its standard input; removed by a logout.

    :param directory: where it lies in one of its own.
    :param key: the file of the private key.
    """
    file = directory / "private" / "clouds.yaml"
    entry = {**entry_in(cloud.clouds_yaml), "stackprobe": {"ssh_keys": {NAME: key.read_text(encoding="utf-8")}}}
    done = login({"clouds": {"demo": entry}}, file)
    assert done.returncode == 0, done.stderr
    try:
        yield file
    finally:
        done = logout(file)
    assert done.returncode == 0 and not file.parent.exists(), done.stderr


def key_file(options: Mapping[str, Mapping[str, Any]]) -> Path:
    """The private key of the jump host that some scenario goes through."""
    ways = (own.get("access") for own in options.values())
    return Path(next(way["key_file"] for way in ways if isinstance(way, Mapping)))


def by_name(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options of a scenario, which name the key of the secret where they name its file."""
    way = options.get("access")
    if not isinstance(way, Mapping):
        return options
    return {**options, "access": {**{part: value for part, value in way.items() if part != "key_file"}, "key": NAME}}
