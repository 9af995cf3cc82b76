"""A sweep removes load balancers, zones and shares that dead runs left, with what belongs to them."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from stackprobe.cloud import open_cloud

from tests.integration.leftovers import check_sweep
from tests.integration.waiting import wait

KINDS = {"load_balancer", "network", "share", "share_snapshot", "subnet", "zone"}


def leave(connection: Connection, run_id: str) -> None:
    """A load balancer with a listener, a zone with a record set, a share with a snapshot, all of them finished."""
    called = f"stackprobe-{run_id}"
    network = connection.network.create_network(name=f"{called}-net")
    subnet = connection.network.create_subnet(
        network_id=network.id, ip_version=4, cidr="10.55.0.0/24", name=f"{called}-subnet"
    )
    zone = connection.dns.create_zone(name=f"{called}-dns-zone.example.", email="somebody@example.com")
    connection.dns.create_recordset(zone, name=f"www.{zone.name}", type="A", records=["192.0.2.1"])
    shares, balancers = connection.shared_file_system, connection.load_balancer
    share = shares.create_share(name=f"{called}-share", share_protocol="NFS", size=1)
    balancer = balancers.create_load_balancer(name=f"{called}-balancer", vip_subnet_id=subnet.id)
    wait(lambda: shares.get_share(share.id).status, "available".__eq__)
    shares.create_share_snapshot(share_id=share.id, name=f"{called}-snapshot")

    def settle() -> None:
        wait(lambda: balancers.get_load_balancer(balancer.id).provisioning_status, "ACTIVE".__eq__)

    settle()
    balancers.create_listener(load_balancer_id=balancer.id, protocol="TCP", protocol_port=80)
    settle()  # and its rules are in the load balancer's security group


def test_what_a_dead_run_left_goes_and_that_of_a_live_one_stays(
    full_cloud: Cloud, full_admin: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(full_cloud.clouds_yaml))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    connection = open_cloud("demo", timeout_s=60)
    check_sweep(connection, full_admin, functools.partial(leave, connection), KINDS)
