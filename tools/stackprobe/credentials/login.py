"""Takes one cloud out of a secret and keeps it in a clouds.yaml of its own, with its credentials or with a token."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openstack.connection
import yaml
from keystoneauth1.loading import get_plugin_options

from stackprobe.cloud import facts, open_cloud
from stackprobe.credentials import ssh_keys
from stackprobe.credentials.held_token import MARKER
from stackprobe.credentials.keystone import CloudFault, Issued, Keystone
from stackprobe.credentials.private_files import private_directory, shred, write_private
from stackprobe.credentials.secret import CA_FILE, Secret, certificates, is_pem
from stackprobe.errors import UsageError
from stackprobe.redact import SSH_KEYS, is_secret_name

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


@dataclass(frozen=True)
class Exchange:
    """How credentials are exchanged for a token.

    :param timeout_s: how long Keystone may take (s).
    :param control_target: tells its silence from the runner's own broken network, as in a configuration.
    """

    timeout_s: float
    control_target: str | None = None


def keep(secret: Secret, cloud: str | None, region: str | None, file: Path, exchange: Exchange | None = None) -> Kept:
    """Write ``file`` with one cloud of the secret, and the certificates of its CA beside it.

    :param cloud: its name; None: the only one there is.
    :param region: the only region to keep of it; None: all.
    :param exchange: keep a token in place of the credentials; None: keep them.
    :raises UsageError: the secret cannot be used, Keystone refuses it, or the file cannot be written. Nothing is left
        on disk, as with:
    :raises stackprobe.credentials.keystone.CloudFault: Keystone gave no token, and the secret is not to blame.
    """
    name = secret.choose(cloud)
    entry, ca_pem = _with_ca(secret, name, file)
    told = facts(open_cloud(name, region, sources=secret.sources(name, entry)))
    with _written(file, ca_pem):
        if exchange is None:
            kept = only_region(entry, region) if region else entry
            write_private(file, dump(name, {**kept, MARKER: {"login": True, **_keys(entry)}}))
            return Kept(name, told.region, told.auth_type)
        keystone = Keystone(
            name,
            region,
            secret.sources(name, entry),
            timeout_s=exchange.timeout_s,
            control_target=exchange.control_target,
        )
        issued = keystone.issue()
        try:
            write_private(file, dump(name, _with_token(keystone.connection, region, issued, entry)))
        except UsageError:
            with contextlib.suppress(CloudFault):
                keystone.revoke(issued.token)
            raise
        return Kept(name, told.region, "v3token", issued.expires)


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


def _keys(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The private keys of an entry: they lead to its guests, whatever leads to the cloud."""
    keys = ssh_keys.within(entry)
    return {SSH_KEYS: dict(keys)} if keys else {}


def _with_token(
    connection: openstack.connection.Connection, region: str | None, issued: Issued, given: Mapping[str, Any]
) -> dict[str, Any]:
    """What a cloud is known by without its credentials: a token stands in their place.

    A vendor's profile is written out, since it may say how to authenticate too.

    :param given: the entry in the secret.
    """
    config: Any = connection.config._openstack_config
    entry = {
        key: value
        for key, value in config._get_base_cloud_config(connection.config.name).items()
        if key not in config.defaults or config.defaults[key] != value
    }
    options = {option.dest for option in get_plugin_options(connection.config.config["auth_type"] or "password")}
    for key in ({"auth", "auth_type", "profile", "cloud", MARKER} | options) & entry.keys():
        del entry[key]
    kept = _without_secrets(only_region(entry, region) if region else entry)
    auth_url = str(connection.config.config["auth"]["auth_url"])
    marker = {"login": True, "token_of": issued.method, "expires": issued.expires, **_keys(given)}
    auth = {"auth_url": auth_url, "token": issued.token, **issued.scope}
    return {"auth_type": "v3token", "auth": auth, **kept, MARKER: marker}


def _without_secrets(value: Any) -> Any:
    """Settings without anything that authenticates, at any depth (regions have values of their own)."""
    if isinstance(value, Mapping):
        return {
            key: _without_secrets(one)
            for key, one in value.items()
            if not is_secret_name(str(key)) and not (key == "auth" and isinstance(one, Mapping))
        }
    return [_without_secrets(one) for one in value] if isinstance(value, list) else value


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
    new_ca = ca_pem is not None and not ca_file.exists()
    try:
        if ca_pem is not None and new_ca:
            write_private(ca_file, ca_pem)
        yield
    except BaseException:
        shred(file)
        if new_ca:
            shred(ca_file)
        if not existed:
            with contextlib.suppress(OSError):
                file.parent.rmdir()
        raise
