"""Takes one cloud out of a secret and keeps it in a clouds.yaml of its own."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stackprobe.cloud import facts, open_cloud
from stackprobe.credentials.private_files import private_directory, shred, write_private
from stackprobe.credentials.secret import CA_FILE, Secret, certificates, is_pem
from stackprobe.errors import UsageError

MARKER = "stackprobe"
"""The key of a cloud's entry that only stackprobe reads: the file is its own, and where its token came from."""
_HEAD = "# Written by `stackprobe login`, removed by `stackprobe logout`.\n"


@dataclass(frozen=True)
class Kept:
    """What a clouds.yaml was written for.

    :param region: the one that a run uses by default.
    :param expires: the end of its token's life (ISO 8601, UTC); None: it holds the credentials themselves.
    """

    cloud: str
    region: str | None
    auth_type: str
    expires: str | None = None


def keep(secret: Secret, cloud: str | None, region: str | None, file: Path) -> Kept:
    """Write ``file`` with one cloud of the secret, and the certificates of its CA beside it.

    :param cloud: its name; None: the only one there is.
    :param region: the only region to keep of it; None: all.
    :raises UsageError: the secret cannot be used, or the file not be written; nothing is left on disk.
    """
    name = secret.choose(cloud)
    entry, ca_pem = _with_ca(secret, name, file)
    connection = open_cloud(name, region, sources=secret.sources(name, entry))
    if region:
        entry = only_region(entry, region)
    told = facts(connection)
    entry[MARKER] = {"login": True}
    with _written(file, ca_pem):
        write_private(file, dump(name, entry))
    return Kept(name, told.region, told.auth_type)


def dump(name: str, entry: Mapping[str, Any]) -> str:
    """A clouds.yaml with one cloud."""
    return _HEAD + yaml.safe_dump({"clouds": {name: dict(entry)}}, sort_keys=False, allow_unicode=True)


def only_region(entry: Mapping[str, Any], region: str) -> dict[str, Any]:
    """An entry that knows only one of its regions."""
    only = copy.deepcopy(dict(entry))
    regions = only.get("regions")
    if isinstance(regions, list):
        only["regions"] = [one for one in regions if region == (one.get("name") if isinstance(one, Mapping) else one)]
    if not only.get("regions"):
        only["region_name"] = region
    return only


def _with_ca(secret: Secret, name: str, file: Path) -> tuple[dict[str, Any], str | None]:
    """The entry of a cloud, with files that exist here, and the certificates of its CA."""
    entry = secret.entry(name)
    ca_pem = secret.ca_pem
    given = entry.get("cacert")
    if ca_pem is None and is_pem(given):
        ca_pem = certificates(given)
    if ca_pem is not None:
        entry["cacert"] = str(file.parent.absolute() / CA_FILE)
    elif given:
        entry["cacert"] = _existing(
            secret, name, "cacert", given, "add the text of that file to the secret as `cacert`"
        )
    for key in ("cert", "key"):
        if entry.get(key):
            entry[key] = _existing(
                secret, name, key, entry[key], "client certificates must be on this machine, or the cloud ask for none"
            )
    return entry, ca_pem


def _existing(secret: Secret, name: str, key: str, value: Any, remedy: str) -> str:
    path = Path(str(value)).expanduser()
    if not path.is_file():
        raise secret.clouds.error(
            ("clouds", name, key), f"`{key}` of the cloud `{name}` names a file that does not exist here", remedy=remedy
        )
    return str(path.absolute())


@contextlib.contextmanager
def _written(file: Path, ca_pem: str | None) -> Iterator[None]:
    """The place of ``file`` while it is written; removed again when that fails."""
    if file.exists() or file.is_symlink():
        raise UsageError(
            "the file exists already",
            remedy=f"end the login before with `stackprobe logout --clouds-file {file}`, or name another file",
            file=file,
        )
    existed = file.parent.exists()
    private_directory(file.parent)
    ca_file = file.parent / CA_FILE
    if ca_pem is not None and ca_file.exists() and ca_file.read_text(encoding="utf-8", errors="replace") != ca_pem:
        raise UsageError("there are certificates of another CA already", remedy="name another directory", file=ca_file)
    try:
        if ca_pem is not None:
            write_private(ca_file, ca_pem)
        yield
    except BaseException:
        shred(file)
        if ca_pem is not None:
            shred(ca_file)
        if not existed:
            with contextlib.suppress(OSError):
                file.parent.rmdir()
        raise
