"""Makes what a killed run leaves behind: one of every kind of resource, hanging on one another in every way."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from openstack.connection import Connection
from stackprobe.liveness import RunLock
from stackprobe.naming import new_run_id
from stackprobe.sweep import sweep

from tests.support.clouds import inventory, settled_inventory


def leave_everything(connection: Connection, prefix: str, run_id: str, user: bool = False) -> None:
    """Servers with ports, volumes and floating IPs, a routed network, snapshots, a protected image and the rest.

    :param user: make a user too, which takes an administrator.
    """

    def called(what: str) -> str:
        return f"{prefix}-{run_id}-{what}"

    network_api, storage, compute = connection.network, connection.block_storage, connection.compute
    external = next(network_api.networks(is_router_external=True))
    network = network_api.create_network(name=called("net"))
    subnet = network_api.create_subnet(
        name=called("subnet"), network_id=network.id, ip_version=4, cidr="10.99.0.0/24", gateway_ip="10.99.0.1"
    )
    router = network_api.create_router(name=called("router"), external_gateway_info={"network_id": external.id})
    network_api.add_interface_to_router(router, subnet_id=subnet.id)
    network_api.update_router(router, routes=[{"destination": "10.98.0.0/24", "nexthop": "10.99.0.9"}])
    group = network_api.create_security_group(name=called("group"))
    rule: dict[str, Any] = {"security_group_id": group.id, "direction": "ingress", "remote_group_id": group.id}
    network_api.create_security_group_rule(**rule)
    default = next(network_api.security_groups(name="default", project_id=connection.current_project_id))
    network_api.create_security_group_rule(
        security_group_id=default.id, direction="ingress", protocol="tcp", description=called("rule")
    )
    port = network_api.create_port(name=called("port"), network_id=network.id, security_group_ids=[group.id])
    network_api.create_port(network_id=network.id)  # one that nobody named
    network_api.create_ip(floating_network_id=external.id, port_id=port.id, description=called("ip"))
    compute.create_keypair(name=called("key"))
    compute.create_server_group(name=called("group"), policies=["anti-affinity"])
    volume = storage.create_volume(name=called("volume"), size=1)
    image = connection.image.create_image(
        name=called("image"), data=b"x" * 64, disk_format="raw", container_format="bare", is_protected=True
    )
    assert image.id
    public = next(one for one in connection.image.images(visibility="public"))
    flavor = min(compute.flavors(), key=lambda one: one.ram)
    server = compute.create_server(
        name=called("server"),
        image_id=public.id,
        flavor_id=flavor.id,
        key_name=called("key"),
        networks=[{"port": port.id}, {"uuid": network.id}],
    )
    storage.wait_for_status(volume, "available", interval=0.3, wait=60)
    snapshot = storage.create_snapshot(name=called("snapshot"), volume_id=volume.id)
    storage.wait_for_status(snapshot, "available", interval=0.3, wait=60)
    clone = storage.create_volume(name=called("clone"), snapshot_id=snapshot.id, size=1)
    storage.wait_for_status(clone, "available", interval=0.3, wait=60)
    by_nova = storage.create_snapshot(name=f"snapshot for {called('disk-image')}", volume_id=clone.id)
    storage.wait_for_status(by_nova, "available", interval=0.3, wait=60)
    compute.wait_for_server(server, interval=1)
    for incremental in (False, True):
        backup = storage.create_backup(name=called("backup"), volume_id=volume.id, is_incremental=incremental)
        storage.wait_for_status(backup, "available", interval=0.3, wait=60)
    offered = storage.create_volume(name=called("offered"), size=1)
    storage.wait_for_status(offered, "available", interval=0.3, wait=60)
    storage.create_transfer(name=called("transfer"), volume_id=offered.id)
    attached = storage.create_volume(name=called("attached"), size=1)
    storage.wait_for_status(attached, "available", interval=0.3, wait=60)
    compute.create_volume_attachment(server, volume_id=attached.id)
    storage.wait_for_status(attached, "in-use", interval=0.3, wait=60)
    compute.lock_server(server)
    rule = {"service": "identity", "method": "GET", "path": f"/**{{{called('rule')}}}/auth/catalog"}
    connection.identity.create_application_credential(
        connection.current_user_id, name=called("credential"), access_rules=[rule]
    )
    if user:
        connection.identity.create_user(name=called("user"), password="not-a-secret-1", domain_id="default")


def kill_run(run_id: str, scope: str = "") -> None:
    """Let this machine know the run as one that was killed here."""
    with RunLock(run_id, scope) as lock:
        lock.leave_for_sweep()


def check_sweep(
    connection: Connection, admin: Connection, leave: Callable[[str], None], kinds: Collection[str]
) -> None:
    """What a dead run left goes, and that of a live one stays until that is dead, too.

    :param leave: makes what a run of an id leaves; returns when all of it is finished.
    :param kinds: what it is.
    """
    dead, alive = (new_run_id(time.time(), 3600) for _ in range(2))
    empty = inventory(admin)
    leave(alive)
    before = inventory(admin)
    leave(dead)
    kill_run(dead)
    report = sweep(connection)
    assert (report.failed, report.unlisted, report.exit_code) == ((), (), 0)
    assert {leftover.found.kind for leftover in report.deleted} == set(kinds)
    assert settled_inventory(admin, before) == before
    kill_run(alive)
    assert sweep(connection).exit_code == 0
    assert settled_inventory(admin, empty) == empty
