"""What a customer and the operator find in a fresh cloud, and what the customer may do there."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

import openstack
from openstack.connection import Connection
from pocketcloud.cloud import Cloud

from tests.integration.waiting import wait
from tests.support.clouds import connect, inventory, settled_inventory


def test_a_customer_finds_what_a_public_cloud_gives(demo: Connection) -> None:
    assert {one.name: (one.ram, one.vcpus, one.disk) for one in demo.compute.flavors()} == {
        "m1.tiny": (512, 1, 1),
        "m1.small": (1024, 1, 2),
    }
    assert [one.name for one in demo.image.images(status="active", visibility="public")] == ["cirros"]
    (external,) = demo.network.networks(is_router_external=True)
    assert external.name == "public"
    for zones in (demo.compute.availability_zones(), demo.block_storage.availability_zones()):
        assert {"az1", "az2"} <= {zone.name for zone in zones}
    assert sorted(one.name for one in demo.block_storage.types()) == ["__DEFAULT__", "fast"]
    quota = demo.compute.get_quota_set(demo.current_project_id)
    assert (quota.instances, quota.cores) == (10, 20)


def test_every_service_tells_its_time(demo: Connection) -> None:
    for service in ("identity", "compute", "image", "network", "block-storage"):
        adapter = getattr(demo, service.replace("-", "_"))
        stamp = adapter.get("/", raise_exc=False).headers["Date"]
        assert abs(parsedate_to_datetime(stamp).timestamp() - time.time()) < 60


def test_a_customer_is_no_operator(demo: Connection) -> None:
    assert demo.identity.get("/users", raise_exc=False).status_code == 403
    assert demo.compute.get("/os-hypervisors", raise_exc=False).status_code == 403


def test_a_customer_can_use_an_application_credential(demo: Connection, cloud: Cloud) -> None:
    me = demo.current_user_id
    made = demo.identity.create_application_credential(me, name="probe")
    try:
        other = connect(cloud.clouds_yaml, "demo")
        auth = {"auth_url": other.config.auth["auth_url"], "application_credential_id": made.id}
        with openstack.connect(
            load_envvars=False,
            load_yaml_config=False,
            auth_type="v3applicationcredential",
            region_name="RegionOne",
            auth={**auth, "application_credential_secret": made.secret},
        ) as used:
            assert used.current_project_id == demo.current_project_id
    finally:
        demo.identity.delete_application_credential(me, made)


def test_a_new_security_group_lets_everything_out(demo: Connection) -> None:
    group = demo.network.create_security_group(name="fresh")
    try:
        rules = [(one["direction"], one["ethertype"]) for one in group.security_group_rules]
        assert sorted(rules) == [("egress", "IPv4"), ("egress", "IPv6")]
    finally:
        demo.network.delete_security_group(group)


def test_the_life_of_a_server_in_the_second_zone(demo: Connection, admin: Connection) -> None:
    """Network, addresses, volume, resize and snapshot together; nothing is left."""
    before = inventory(admin)
    network, compute, storage = demo.network, demo.compute, demo.block_storage
    (external,) = network.networks(is_router_external=True)
    net = network.create_network(name="life", description="for a test")
    assert net.created_at
    subnet4 = network.create_subnet(network_id=net.id, ip_version=4, cidr="10.7.0.0/24", name="v4")
    subnet6 = network.create_subnet(
        network_id=net.id, ip_version=6, cidr="fd00:7::/64", ipv6_ra_mode="slaac", ipv6_address_mode="slaac", name="v6"
    )
    router = network.create_router(name="life", external_gateway_info={"network_id": external.id})
    network.set_tags(router, ["probe"])
    for subnet in (subnet4, subnet6):
        network.add_interface_to_router(router, subnet_id=subnet.id)
    assert network.get_router(router).tags == ["probe"]
    port = network.create_port(network_id=net.id, name="life")
    assert len(port.fixed_ips) == 2
    image, flavors = demo.image.find_image("cirros"), {one.name: one.id for one in compute.flavors()}
    server = compute.create_server(
        name="life",
        image_id=image.id,
        flavor_id=flavors["m1.tiny"],
        networks=[{"port": port.id}],
        availability_zone="az2",
        metadata={"a": "b"},
    )

    def state(wanted: str) -> Any:
        return wait(lambda: compute.get_server(server), lambda one: one.status == wanted and not one.task_state)

    assert state("ACTIVE").availability_zone == "az2"
    assert "login:" in compute.get_server_console_output(server)["output"]
    address = network.create_ip(floating_network_id=external.id, port_id=port.id, description="life")
    assert network.get_ip(address).status == "ACTIVE"
    volume = storage.create_volume(size=1, name="life", availability_zone="az2")

    def volume_state(wanted: str) -> Any:
        return wait(lambda: storage.get_volume(volume), lambda one: one.status == wanted)

    volume_state("available")
    compute.create_volume_attachment(server, volume_id=volume.id)
    volume_state("in-use")
    compute.delete_volume_attachment(server, volume.id)
    volume_state("available")
    storage.extend_volume(volume, 2)
    assert volume_state("available").size == 2
    compute.resize_server(server, flavors["m1.small"])
    state("VERIFY_RESIZE")
    compute.confirm_server_resize(server)
    state("ACTIVE")
    copy = compute.create_server_image(server, "life")
    copy = wait(lambda: demo.image.get_image(copy.id), lambda one: one.status == "active")
    assert demo.image.download_image(copy).content.startswith(b"snapshot of ")
    compute.delete_server(server)
    compute.wait_for_delete(server, interval=0.1)
    demo.image.delete_image(copy)
    storage.delete_volume(volume)
    network.delete_ip(address)
    network.delete_port(port)
    for subnet in (subnet4, subnet6):
        network.remove_interface_from_router(router, subnet_id=subnet.id)
    network.delete_router(router)
    network.delete_network(net)
    assert settled_inventory(admin, before) == before
