"""Customers of the cloud who lack something: a project of their own, with a user, roles and quotas."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openstack
import yaml
from pocketcloud.cloud import Cloud

NAME = "customer"


@contextmanager
def customer(
    cloud: Cloud,
    admin: openstack.connection.Connection,
    directory: Path,
    *,
    roles: tuple[str, ...] = ("member",),
    compute_quota: Mapping[str, int] | None = None,
    network_quota: Mapping[str, int] | None = None,
    volume_quota: Mapping[str, int] | None = None,
) -> Iterator[Path]:
    """A clouds.yaml in ``directory`` whose cloud ``customer`` has a new project; all of it is gone afterwards."""
    identity, password = admin.identity, secrets.token_hex(16)
    project = identity.create_project(name=f"customer-{secrets.token_hex(4)}", domain_id="default")
    user = identity.create_user(name=project.name, password=password, domain_id="default")
    try:
        for name in roles:
            identity.assign_project_role_to_user(project, user, identity.find_role(name, ignore_missing=False))
        if compute_quota:
            admin.set_compute_quotas(project.id, **compute_quota)
        if network_quota:
            admin.set_network_quotas(project.id, **network_quota)
        if volume_quota:
            admin.set_volume_quotas(project.id, **volume_quota)
        entry: dict[str, Any] = yaml.safe_load(cloud.clouds_yaml.read_text(encoding="utf-8"))["clouds"]["demo"]
        entry["auth"] |= {"username": user.name, "password": password, "project_name": project.name}
        file = directory / "customer.yaml"
        file.write_text(yaml.safe_dump({"clouds": {NAME: entry}}), encoding="utf-8")
        file.chmod(0o600)
        yield file
    finally:
        for group in admin.network.security_groups(project_id=project.id):  # neutron's own default one
            admin.network.delete_security_group(group)
        for delete, quota in (
            (admin.delete_compute_quotas, compute_quota),
            (admin.delete_network_quotas, network_quota),
            (admin.delete_volume_quotas, volume_quota),
        ):
            if quota:
                delete(project.id)
        identity.delete_user(user)
        identity.delete_project(project)
