"""What openstacksdk passes over in a cloud's entry, or only misses once it sends a request."""

from __future__ import annotations

import openstack.config.cloud_region
from openstack.config import loader, vendors

from stackprobe.cloud.sources import EXAMPLE, Sources
from stackprobe.credentials import ssh_keys
from stackprobe.suggest import did_you_mean

_PASSWORD_TYPES = ("password", "v3password", None)
_APPLICATION_CREDENTIAL_TYPES = ("v3applicationcredential",)


def check_entry(name: str, config: loader.OpenStackConfig, files: Sources) -> None:
    """The entry has the shape of one, its values are texts, and it fits its auth_type.

    :raises UsageError: it is not so.
    """
    for document in (files.clouds, files.secure):
        entry = (document.data.get("clouds") or {}).get(name, {}) if document else {}
        if document and not isinstance(entry, dict):
            raise document.error(["clouds", name], f"the cloud `{name}` must be a mapping", remedy=f"see {EXAMPLE}")
        if document and not isinstance(entry.get("auth", {}), dict):
            raise document.error(["clouds", name, "auth"], "`auth` must be a mapping", remedy=f"see {EXAMPLE}")
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
    ssh_keys.check(name, files.clouds, files.secure)
    merged = config.cloud_config["clouds"].get(name) or {}
    if merged.get("auth_type") in _PASSWORD_TYPES and "application_credential_id" in (merged.get("auth") or {}):
        raise files.error_at(
            name,
            f"the cloud `{name}` has an application credential, but not the auth_type of one",
            "add `auth_type: v3applicationcredential`",
        )


def check_profile(name: str, config: loader.OpenStackConfig, files: Sources) -> None:
    """A profile that is not known would be passed over, and whatever it stands for be missed.

    :raises UsageError: there is no such profile.
    """
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


def check_auth(name: str, cloud_region: openstack.config.cloud_region.CloudRegion, files: Sources) -> None:
    """What the plugin would only miss, or misunderstand, once it sends a request.

    :raises UsageError: something is missing in ``auth``.
    """
    auth_type, auth = cloud_region.config.get("auth_type"), cloud_region.config.get("auth") or {}
    domain = bool(auth.get("default_domain_id") or auth.get("default_domain_name"))

    def lack(*keys: str) -> None:
        if not any(auth.get(key) for key in keys):
            wanted = " or ".join(f"`{key}`" for key in keys)
            hint = f"add it to its `auth` (or to secure.yaml), see {EXAMPLE}"
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
