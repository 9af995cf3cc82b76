"""What is known of a cloud before anything is sent to it."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import openstack.connection

from stackprobe.cloud.sources import read_sources
from stackprobe.credentials import ssh_keys
from stackprobe.redact import Scrubber, secrets_in, userinfo_secrets


@dataclass(frozen=True)
class Facts:
    """What a report says about how a cloud was reached; nothing of it is secret.

    :param verify: whether server certificates are verified.
    :param ca_file: the file of the private certificate authority, if one is configured.
    :param interface: which endpoints of the catalog are used: public, internal or admin.
    """

    cloud: str
    region: str | None
    auth_type: str
    auth_url: str | None
    verify: bool
    ca_file: str | None
    interface: str | None
    config_file: str | None


def facts(connection: openstack.connection.Connection) -> Facts:
    """How a cloud is reached."""
    cloud_region = connection.config
    verify, _ = cloud_region.get_requests_verify_args()
    config_file = getattr(cloud_region._openstack_config, "config_filename", None)
    return Facts(
        cloud=str(cloud_region.name),
        region=cloud_region.get_region_name() or None,
        auth_type=str(cloud_region.config.get("auth_type")),
        auth_url=_without_password((cloud_region.config.get("auth") or {}).get("auth_url")),
        verify=bool(verify),
        ca_file=verify if isinstance(verify, str) else None,
        interface=cloud_region.config.get("interface"),
        config_file=config_file,
    )


def scope_of(connection: openstack.connection.Connection) -> str:
    """The cloud and region that a connection leads to, as the lock files of runs name them."""
    return f"{connection.config.name}/{connection.config.get_region_name() or ''}"


def secrets_of(connection: openstack.connection.Connection) -> set[str]:
    """Every secret of the cloud's configuration (clouds.yaml, secure.yaml, environment) and of the proxy's address."""
    cloud_region = connection.config
    found = set(secrets_in(cloud_region.config))
    merged = getattr(cloud_region._openstack_config, "cloud_config", None) or {}
    found |= set(secrets_in((merged.get("clouds") or {}).get(cloud_region.name)))
    for proxy in urllib.request.getproxies().values():
        found |= set(userinfo_secrets(proxy))
    return found


def keys_of(name: str) -> Mapping[str, Any] | None:
    """The private SSH keys that clouds.yaml and secure.yaml hold for a cloud, by name; None: neither names the cloud.

    :raises stackprobe.errors.UsageError: they are malformed, or one of the keys cannot be used.
    """
    files = read_sources()
    ssh_keys.check(name, files.clouds, files.secure)
    entries = [(one.data.get("clouds") or {}) for one in (files.clouds, files.secure) if one]
    found = [clouds[name] for clouds in entries if name in clouds]
    return {key: text for entry in found for key, text in ssh_keys.within(entry).items()} if found else None


def _without_password(url: Any) -> str | None:
    return None if url is None else str(Scrubber()(str(url)))
