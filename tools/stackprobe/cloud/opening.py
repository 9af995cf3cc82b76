"""Opens a cloud of clouds.yaml, found and merged as openstacksdk does, with errors that say what to change where."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import keystoneauth1.exceptions
import keystoneauth1.session
import openstack.connection
import openstack.exceptions
import requests
from openstack.config import loader

from stackprobe import __version__, vendor
from stackprobe.cloud.checks import check_auth, check_entry, check_profile
from stackprobe.cloud.sources import EXAMPLE, Sources, read_sources
from stackprobe.credentials.held_token import use_held_token
from stackprobe.errors import UsageError
from stackprobe.redact import Scrubber, secrets_in
from stackprobe.suggest import did_you_mean, listed


def open_cloud(
    name: str,
    region: str | None = None,
    *,
    sources: Sources | None = None,
    session_factory: Callable[..., keystoneauth1.session.Session] | None = None,
    timeout_s: float | None = None,
) -> openstack.connection.Connection:
    """A connection to the cloud ``name`` of clouds.yaml, not authenticated yet. Nothing is sent.

    :param region: one of its regions; by default its first.
    :param sources: the clouds; by default those that openstacksdk finds.
    :param session_factory: called like keystoneauth1.session.Session in its place; a subclass of it, or
        ``functools.partial(Session, session=<requests.Session>)``.
    :param timeout_s: how long a request may wait to connect and for each piece of the answer (s); a smaller
        ``api_timeout`` in clouds.yaml wins.
    :raises UsageError: clouds.yaml is missing, unreadable or malformed; cloud or region are unknown; something that
        authentication needs is missing.
    """
    files = sources or read_sources()
    config = _load_config(session_factory, files.entries)
    names = config.get_cloud_names() if files.clouds or os.environ.get("OS_AUTH_URL") else []
    if name not in names:
        raise _unknown_cloud(name, names, files)
    check_entry(name, config, files)
    check_profile(name, config, files)
    scrub = Scrubber(secrets_in(config.cloud_config["clouds"].get(name)))
    regions = _region_names(config, name)
    if region and regions and region not in regions:
        raise files.error_at(
            name,
            f"the cloud `{name}` has no region `{region}`{did_you_mean(region, regions)}",
            f"its regions are {listed(regions)}; names are case-sensitive",
        )
    try:
        cloud_region = config.get_one(cloud=name, region_name=region or "")
    except keystoneauth1.exceptions.MissingRequiredOptions as error:
        missing = ", ".join(f"`{option.dest}`" for option in error.options)
        raise files.error_at(name, f"the cloud `{name}` lacks {missing} in its `auth`", f"see {EXAMPLE}") from None
    except keystoneauth1.exceptions.NoMatchingPlugin as error:
        raise files.error_at(
            name,
            f"the cloud `{name}` has the unknown auth_type `{error.name}`",
            "common ones are password, v3applicationcredential and v3token",
        ) from None
    except openstack.exceptions.ConfigException as error:
        reason = "" if files.confidential else f": {scrub(str(error)).rstrip('. ')}"
        raise files.error_at(
            name, f"the cloud `{name}` cannot be used{reason}", f"compare it with {EXAMPLE}" if not reason else ""
        ) from None
    except requests.exceptions.RequestException as error:
        raise files.error_at(
            name,
            f"the vendor profile of the cloud `{name}` cannot be fetched ({type(error).__name__})",
            "write its auth_url and regions into the entry instead",
        ) from None
    except Exception as error:  # openstacksdk trips over values of unexpected types in many ways
        reason = type(error).__name__ + ("" if files.confidential else f": {scrub(str(error)).rstrip('. ')}")
        raise files.error_at(
            name, f"openstacksdk cannot read the cloud `{name}` ({reason})", f"compare it with {EXAMPLE}"
        ) from None
    check_auth(name, cloud_region, files)
    use_held_token(cloud_region)
    if timeout_s is not None:
        configured = cloud_region.config.get("api_timeout")
        cloud_region.config["api_timeout"] = min(timeout_s, float(configured)) if configured else timeout_s
    return vendor.connect(cloud_region)


def _load_config(
    session_factory: Callable[..., keystoneauth1.session.Session] | None = None,
    entries: Mapping[str, Mapping[str, Any]] | None = None,
) -> loader.OpenStackConfig:
    given: dict[str, Any] = {
        "session_constructor": session_factory,
        "app_name": "stackprobe",
        "app_version": __version__,
    }
    if entries is not None:
        config = loader.OpenStackConfig(config_files=[], secure_files=[], load_envvars=False, **given)
        config.cloud_config = {"clouds": {name: dict(entry) for name, entry in entries.items()}}
        return config
    try:
        return loader.OpenStackConfig(**given)
    except openstack.exceptions.ConfigException as error:
        raise UsageError(str(error).rstrip(". ")) from None


def _unknown_cloud(name: str, names: list[str], files: Sources) -> UsageError:
    hidden = f" ({listed(list(files.unreadable))} exists but cannot be read by this user)" if files.unreadable else ""
    if files.clouds is None:
        places = [os.path.dirname(file) for file in loader.CONFIG_FILES if file.endswith("clouds.yaml")]
        override = os.environ.get("OS_CLIENT_CONFIG_FILE")
        if override and not hidden:
            hidden = f" (OS_CLIENT_CONFIG_FILE names {override}, which does not exist)"
        return UsageError(
            f"no clouds.yaml was found for the cloud `{name}`{hidden}",
            remedy=f"put it into one of {listed(list(dict.fromkeys(places)))}, or name it in OS_CLIENT_CONFIG_FILE",
        )
    return UsageError(
        f"there is no cloud `{name}`{did_you_mean(name, names)}{hidden}",
        remedy=f"the clouds there are {listed(names)}" if names else "it has no clouds",
        file=files.clouds.file,
    )


def _region_names(config: loader.OpenStackConfig, name: str) -> list[str]:
    try:
        return [region["name"] for region in config._get_known_regions(name)]
    except Exception:  # private and so may change: then openstacksdk's own error has to do
        return []
