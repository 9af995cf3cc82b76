"""Opens a cloud of clouds.yaml, found and merged as openstacksdk does, with errors that say what to change where."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keystoneauth1.exceptions
import keystoneauth1.session
import openstack.config.cloud_region
import openstack.connection
import openstack.exceptions
import requests
from openstack.config import loader, vendors

from stackprobe import __version__, vendor
from stackprobe.credentials.held_token import use_held_token
from stackprobe.errors import UsageError
from stackprobe.redact import Scrubber, secrets_in, userinfo_secrets
from stackprobe.suggest import did_you_mean, listed
from stackprobe.yamlfile import Document

_EXAMPLE = "https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html"
_PASSWORD_TYPES = ("password", "v3password", None)
_APPLICATION_CREDENTIAL_TYPES = ("v3applicationcredential",)


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


@dataclass(frozen=True)
class Sources:
    """Where clouds come from: the documents, as far as they can be read, for errors that say what stands where.

    :param clouds: clouds.yaml.
    :param secure: secure.yaml, which is merged into it.
    :param unreadable: files that exist and may not be read.
    :param entries: name → what both say of the cloud, for openstacksdk to use in place of the files it finds itself,
        and in place of the environment; None: the documents are those files.
    """

    clouds: Document | None
    secure: Document | None = None
    unreadable: tuple[str, ...] = ()
    entries: Mapping[str, Mapping[str, Any]] | None = None

    @property
    def confidential(self) -> bool:
        """Whether no error may show any of it: what is known to be secret in it is not all that is."""
        return self.entries is not None

    def error_at(self, cloud: str, message: str, remedy: str = "", path: tuple[str, ...] = ()) -> UsageError:
        """An error about an entry of clouds.yaml."""
        full = ("clouds", cloud, *path)
        if self.clouds is None:
            return UsageError(message, remedy=remedy)
        return self.clouds.error(full, message, remedy=remedy, at_key=True)


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
    files = sources or _read_files()
    config = _load_config(session_factory, files.entries)
    names = config.get_cloud_names() if files.clouds or os.environ.get("OS_AUTH_URL") else []
    if name not in names:
        raise _unknown_cloud(name, names, files)
    _check_entry(name, config, files)
    _check_profile(name, config, files)
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
        raise files.error_at(name, f"the cloud `{name}` lacks {missing} in its `auth`", f"see {_EXAMPLE}") from None
    except keystoneauth1.exceptions.NoMatchingPlugin as error:
        raise files.error_at(
            name,
            f"the cloud `{name}` has the unknown auth_type `{error.name}`",
            "common ones are password, v3applicationcredential and v3token",
        ) from None
    except openstack.exceptions.ConfigException as error:
        reason = "" if files.confidential else f": {scrub(str(error)).rstrip('. ')}"
        raise files.error_at(
            name, f"the cloud `{name}` cannot be used{reason}", f"compare it with {_EXAMPLE}" if not reason else ""
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
            name, f"openstacksdk cannot read the cloud `{name}` ({reason})", f"compare it with {_EXAMPLE}"
        ) from None
    _check_auth(name, cloud_region, files)
    use_held_token(cloud_region)
    if timeout_s is not None:
        configured = cloud_region.config.get("api_timeout")
        cloud_region.config["api_timeout"] = min(timeout_s, float(configured)) if configured else timeout_s
    return vendor.connect(cloud_region)


def known_clouds() -> list[str]:
    """The clouds that clouds.yaml names.

    :raises UsageError: it is missing, unreadable or malformed.
    """
    files = _read_files()
    return list(_load_config().get_cloud_names()) if files.clouds or os.environ.get("OS_AUTH_URL") else []


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


def secrets_of(connection: openstack.connection.Connection) -> set[str]:
    """Every secret of the cloud's configuration (clouds.yaml, secure.yaml, environment) and of the proxy's address."""
    cloud_region = connection.config
    found = set(secrets_in(cloud_region.config))
    merged = getattr(cloud_region._openstack_config, "cloud_config", None) or {}
    found |= set(secrets_in((merged.get("clouds") or {}).get(cloud_region.name)))
    for proxy in urllib.request.getproxies().values():
        found |= set(userinfo_secrets(proxy))
    return found


def _read_files() -> Sources:
    unreadable: list[str] = []
    clouds = _first_document(os.environ.get("OS_CLIENT_CONFIG_FILE"), loader.CONFIG_FILES, unreadable)
    secure = _first_document(os.environ.get("OS_CLIENT_SECURE_FILE"), loader.SECURE_FILES, unreadable)
    return Sources(clouds, secure, tuple(unreadable))


def _first_document(override: str | None, searched: list[str], unreadable: list[str]) -> Document | None:
    """The first file that exists and may be read, as openstacksdk takes it; a malformed one is an error here."""
    for file in [*([override] if override else []), *searched]:
        if not os.path.exists(file):
            continue
        if os.path.isdir(file) or not os.access(file, os.R_OK):
            unreadable.append(file)
            continue
        document = _read_json(Path(file)) if file.endswith("json") else Document.read(Path(file), "file of clouds")
        if not isinstance(document.data, dict):
            raise UsageError(
                "the file of clouds is empty" if document.data is None else "the file of clouds is no mapping",
                remedy=f"it begins with `clouds:`, see {_EXAMPLE}",
                file=file,
                line=1,
            )
        if not isinstance(document.data.get("clouds", {}), dict):
            raise document.error(["clouds"], "`clouds` must map names to clouds", remedy=f"see {_EXAMPLE}")
        return document
    return None


def _read_json(file: Path) -> Document:
    text = file.read_text(encoding="utf-8", errors="replace")
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"this is no valid JSON: {error.msg}", file=file, line=error.lineno, column=error.colno
        ) from None
    return Document(text.replace("\t", " "), file)


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


def _check_entry(name: str, config: loader.OpenStackConfig, files: Sources) -> None:
    for document in (files.clouds, files.secure):
        entry = (document.data.get("clouds") or {}).get(name, {}) if document else {}
        if document and not isinstance(entry, dict):
            raise document.error(["clouds", name], f"the cloud `{name}` must be a mapping", remedy=f"see {_EXAMPLE}")
        if document and not isinstance(entry.get("auth", {}), dict):
            raise document.error(["clouds", name, "auth"], "`auth` must be a mapping", remedy=f"see {_EXAMPLE}")
        for key, value in (entry.get("auth") or {}).items():
            place = ["clouds", name, "auth", str(key)]
            if document and (":" in str(key) or " " in str(key)):
                raise document.error(
                    place,
                    "a key of `auth` runs into its value",
                    remedy="put a colon and a space between them",
                    at_key=True,
                )
            if document and isinstance(value, (int, float)) and document.as_written(place) != str(value):
                raise document.error(place, f"YAML does not take `{key}` for a text", remedy="put it in quotes")
    merged = config.cloud_config["clouds"].get(name) or {}
    if merged.get("auth_type") in _PASSWORD_TYPES and "application_credential_id" in (merged.get("auth") or {}):
        raise files.error_at(
            name,
            f"the cloud `{name}` has an application credential, but not the auth_type of one",
            "add `auth_type: v3applicationcredential`",
        )


def _check_profile(name: str, config: loader.OpenStackConfig, files: Sources) -> None:
    """A profile that is not known would be passed over, and whatever it stands for be missed."""
    entry = config.cloud_config["clouds"].get(name) or {}
    key = "profile" if entry.get("profile") else "cloud"
    profile = entry.get(key)
    if not profile or "://" in str(profile) or profile == config.envvar_key:
        return
    _, own = config._load_vendor_file()
    known = sorted({*vendors.profiles(), *((own or {}).get("public-clouds") or {})})
    if profile not in known:
        raise files.error_at(
            name,
            f"the cloud `{name}` has the unknown vendor profile `{profile}`{did_you_mean(str(profile), known)}",
            "write its auth_url and regions into the entry instead",
            (key,),
        )


def _check_auth(name: str, cloud_region: openstack.config.cloud_region.CloudRegion, files: Sources) -> None:
    """What the plugin would only miss, or misunderstand, once it sends a request."""
    auth_type, auth = cloud_region.config.get("auth_type"), cloud_region.config.get("auth") or {}
    domain = bool(auth.get("default_domain_id") or auth.get("default_domain_name"))

    def lack(*keys: str) -> None:
        if not any(auth.get(key) for key in keys):
            wanted = " or ".join(f"`{key}`" for key in keys)
            hint = f"add it to its `auth` (or to secure.yaml), see {_EXAMPLE}"
            raise files.error_at(name, f"the cloud `{name}` lacks {wanted}", hint, ("auth",))

    if auth_type in _PASSWORD_TYPES:
        lack("auth_url")
        lack("username", "user_id")
        lack("password")
        if not auth.get("user_id") and not domain:
            lack("user_domain_name", "user_domain_id")
        lack("project_name", "project_id", "domain_id", "domain_name", "system_scope", "trust_id")
        if auth.get("project_name") and not auth.get("project_id") and not domain:
            lack("project_domain_name", "project_domain_id")
    elif auth_type in _APPLICATION_CREDENTIAL_TYPES:
        lack("auth_url")
        lack("application_credential_secret")
        lack("application_credential_id", "application_credential_name")
        if not auth.get("application_credential_id"):
            lack("username", "user_id")


def _region_names(config: loader.OpenStackConfig, name: str) -> list[str]:
    try:
        return [region["name"] for region in config._get_known_regions(name)]
    except Exception:  # private and so may change: then openstacksdk's own error has to do
        return []


def _without_password(url: Any) -> str | None:
    return None if url is None else str(Scrubber()(str(url)))


def scope_of(connection: openstack.connection.Connection) -> str:
    """The cloud and region that a connection leads to, as the lock files of runs name them."""
    return f"{connection.config.name}/{connection.config.get_region_name() or ''}"
