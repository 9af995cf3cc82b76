"""Clouds for the tests, connections to them, and an inventory to prove that nothing is left.

POCKETCLOUD_DIR=DIR uses the cloud that already runs in DIR, for quick work on a test, and leaves it running. If it was
started `--with all`, it serves as the full cloud as well.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openstack
from pocketcloud.cloud import Cloud
from pocketcloud.layout import Layout, load_settings
from pocketcloud.series import NEWEST, Series
from pocketcloud.services import OPTIONAL, chosen

Rules = list[dict[str, Any]]
Inventory = dict[str, dict[str, str]]


def running(directory: Path, *extra: str, series: Series = NEWEST) -> Iterator[Cloud]:
    """A cloud with these optional services: the one that POCKETCLOUD_DIR names if it has them, or its own."""
    given = os.environ.get("POCKETCLOUD_DIR")
    settings = load_settings(Layout(Path(given).resolve())) if given else None
    if given and settings and settings.series is series:
        one = Cloud(given)
        status = one.status()
        assert status.all_answer, f"POCKETCLOUD_DIR={given}: not everything answers"
        if {service.name for service in chosen(extra)} <= {part.name for part in status.parts}:
            one.faults()
            yield one
            return
    one = Cloud(directory / "cloud")
    one.up(extra=extra, series=series.name)
    try:
        yield one
    finally:
        one.down()


def connect(clouds_yaml: Path, name: str) -> openstack.connection.Connection:
    """A connection of its own to a cloud of a clouds.yaml, untouched by the environment."""
    loader = openstack.config.OpenStackConfig(
        config_files=[str(clouds_yaml)], secure_files=[], vendor_files=[], load_envvars=False
    )
    connection = openstack.connection.Connection(config=loader.get_one(cloud=name))
    vars(connection)["clouds_yaml"] = clouds_yaml
    return connection


def inventory(admin: openstack.connection.Connection) -> Inventory:
    """Every resource of every project: type → id → name. Two of them compare with `==`."""
    identity, network, storage = admin.identity, admin.network, admin.block_storage
    users = list(identity.users())
    found: dict[str, Any] = {
        "servers": admin.compute.servers(all_projects=True),
        "server groups": admin.compute.server_groups(all_projects=True),
        "flavors": admin.compute.flavors(is_public=None),
        "aggregates": admin.compute.aggregates(),
        "images": admin.image.images(),
        "networks": network.networks(),
        "subnets": network.subnets(),
        "subnet pools": network.subnet_pools(),
        "address scopes": network.address_scopes(),
        "routers": network.routers(),
        "ports": network.ports(),
        "floating IPs": network.ips(),
        "security groups": network.security_groups(),
        "security group rules": network.security_group_rules(),
        "volumes": storage.volumes(details=True, all_projects=True),
        "volume snapshots": storage.snapshots(details=True, all_projects=True),
        "volume backups": storage.backups(details=True, all_projects=True),
        "volume transfers": storage.transfers(details=True, all_projects=True),
        "volume types": storage.types(),
        "users": users,
        "projects": identity.projects(),
        "roles": identity.roles(),
        "services": identity.services(),
        "endpoints": identity.endpoints(),
        "credentials": identity.credentials(),
    }
    result = {kind: {one.id: str(one.name or "") for one in resources} for kind, resources in found.items()}
    result["keypairs"] = {
        f"{user.name}/{one.name}": one.name for user in users for one in admin.compute.keypairs(user_id=user.id)
    }
    # ids of attachments are not of interest, that there are some is: the volume's own record says so
    result["volume attachments"] = {
        one["attachment_id"]: one["server_id"]
        for volume in storage.volumes(details=True, all_projects=True)
        for one in volume.attachments
    }
    me = admin.current_user_id
    for user in users:
        # by policy a user's application credentials can be listed by the user and by the cloud's administrator
        result[f"application credentials of {user.name}"] = {
            one.id: one.name for one in identity.application_credentials(user.id)
        }
    # and access rules by the user alone
    result["access rules of ours"] = {one.id: one.path for one in identity.access_rules(me)}
    assert me in result["users"]
    if {service.type for service in OPTIONAL} & {entry["type"] for entry in admin.service_catalog}:
        for name in ("admin", "demo"):  # what the optional services have is for the eyes of its project only
            result |= owned(connect(vars(admin)["clouds_yaml"], name), name)
    return result


def owned(connection: openstack.connection.Connection, name: str) -> Inventory:
    """What the optional services keep for the project of a connection, called ``name``."""
    there = {entry["type"] for entry in connection.service_catalog}
    found: Inventory = {}
    if "object-store" in there:
        store = connection.object_store
        for container in [one.name for one in store.containers()]:
            names = [one.name for one in store.objects(container)]
            found[f"container {container} of {name}"] = {one: one for one in names}
    if "key-manager" in there:
        found[f"secrets of {name}"] = {one.secret_ref: one.name or "" for one in connection.key_manager.secrets()}
    if "orchestration" in there:
        found[f"stacks of {name}"] = {one.id: one.name for one in connection.orchestration.stacks()}
    if "load-balancer" in there:
        found[f"load balancers of {name}"] = {one.id: one.name for one in connection.load_balancer.load_balancers()}
    if "dns" in there:
        found[f"zones of {name}"] = {one.id: one.name for one in connection.dns.zones()}
    if "shared-file-system" in there:
        shares = connection.shared_file_system
        found[f"shares of {name}"] = {one.id: one.name for one in shares.shares(details=False)}
        found[f"share snapshots of {name}"] = {one.id: one.name for one in shares.share_snapshots(details=False)}
    return found


def settled_inventory(
    admin: openstack.connection.Connection, expected: Inventory, patience_s: float = 10.0
) -> Inventory:
    """The inventory as soon as it equals the expected one, or as it is when the patience is over.

    For deletes that a service finishes after it answered.
    """
    end = time.monotonic() + patience_s
    while (now := inventory(admin)) != expected and time.monotonic() < end:
        time.sleep(0.2)
    return now


def difference(now: Inventory, before: Inventory) -> Inventory:
    """What there is and was not, or was and is not, by kind; empty if all is as it was."""
    changed = {
        kind: dict(now.get(kind, {}).items() ^ before.get(kind, {}).items()) for kind in now.keys() | before.keys()
    }
    return {kind: those for kind, those in changed.items() if those}
