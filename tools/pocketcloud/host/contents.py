"""What the operator of the cloud sets up once, through its APIs: users, catalog, zones, flavors, network, image."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import hashlib
import io
import socket
from pathlib import Path
from typing import Any

import openstack

from pocketcloud.guests.names import EXTERNAL_CIDR, EXTERNAL_CIDR_6, PHYSICAL_NETWORK, POOL_6
from pocketcloud.host import applications, httpd
from pocketcloud.layout import Layout, Settings
from pocketcloud.services import HOST, REGION, ZONES

IMAGE_BYTES = 64 * 1024
EMPTY_DISK_BYTES = 1 << 20
GUEST_IMAGE = "guest"  # every image boots the same guest
FLAVORS = (("m1.tiny", 512, 1), ("m1.small", 1024, 2))  # name, MB of memory, GB of disk; one processor each


def _connect(settings: Settings, keystone: str, user: str = "admin", **more: Any) -> Any:
    """A connection to the cloud that is being set up, on its internal endpoints."""
    return openstack.connect(
        load_envvars=False,
        load_yaml_config=False,
        region_name=REGION,
        interface="internal",
        auth={
            "auth_url": keystone,
            "username": user,
            "password": settings.passwords[user],
            "project_name": user,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
        **more,
    )


def image_bytes() -> bytes:
    """The image's contents: the same everywhere, and nothing that boots."""
    return b"".join(hashlib.sha256(b"pocketcloud %d" % block).digest() for block in range(IMAGE_BYTES // 32))


def create_users_and_catalog(layout: Layout, settings: Settings) -> None:
    """What the other services need before they can start: asked of a keystone inside this process."""
    listener = socket.create_server((HOST, 0))
    httpd.Server(listener, lambda request: httpd.call(application, request.environ)).start()
    application = applications.keystone(layout, settings)
    url = f"http://{HOST}:{listener.getsockname()[1]}/v3"
    identity = _connect(settings, url, identity_endpoint_override=url).identity
    _users(identity, settings)
    _catalog(identity, settings)


def create(layout: Layout, settings: Settings) -> None:
    """Fill the cloud whose services run on these settings."""
    keystone = settings.ports.internal_url("keystone", path=True)
    cloud = _connect(settings, keystone)
    for zone in ZONES:
        aggregate = cloud.compute.create_aggregate(name=zone, availability_zone=zone)
        cloud.compute.add_host_to_aggregate(aggregate, f"{zone}-host")
    for name, memory, disk in FLAVORS:
        cloud.compute.create_flavor(name=name, ram=memory, vcpus=1, disk=disk)
    cloud.block_storage.create_type(name="fast", description="as fast as the other")
    network = cloud.network.create_network(
        name="public",
        is_router_external=True,
        provider_network_type="flat",
        provider_physical_network=PHYSICAL_NETWORK,
    )
    cloud.network.create_subnet(
        name="public-ipv4", network_id=network.id, ip_version=4, cidr=EXTERNAL_CIDR, is_dhcp_enabled=False
    )
    _image(cloud, "cirros", os_distro="cirros")
    if settings.image:
        _bootable_image(cloud, Path(settings.image), os_admin_user="root")
    elif settings.guests:
        _image(cloud, "flatcar", os_distro="flatcar")
        _image(cloud, GUEST_IMAGE, os_admin_user="root")
        _internet_of_version_6(cloud, network)
    for service in settings.optional:
        applications.optional(service.name).fill(cloud, settings)
    if cloud.image.find_image("cirros").status != "active":
        raise SystemExit("the image did not become active")
    for user in ("admin", "demo"):
        # neutron makes a project's default group when it first looks; here, so that nothing appears by looking later
        list(_connect(settings, keystone, user).network.security_groups())


def _internet_of_version_6(cloud: Any, external: Any) -> None:
    """The external network in IPv6, and the addresses that customers take theirs from."""
    cloud.network.create_subnet(
        name="public-ipv6", network_id=external.id, ip_version=6, cidr=EXTERNAL_CIDR_6, is_dhcp_enabled=False
    )
    cloud.network.create_subnet_pool(
        name="public-ipv6", prefixes=[POOL_6], default_prefix_length=64, minimum_prefix_length=56,
        maximum_prefix_length=64,
        is_shared=True, is_default=True,
    )  # fmt: skip


def _image(cloud: Any, name: str, **properties: str) -> None:
    cloud.image.create_image(
        name=name,
        data=io.BytesIO(image_bytes()),
        disk_format="raw",
        container_format="bare",
        visibility="public",
        min_disk=0,
        min_ram=0,
        allow_duplicates=True,
        validate_checksum=False,
        **properties,
    )


def _bootable_image(cloud: Any, place: Path, **properties: str) -> None:
    """The image that a virtual machine boots: kernel and initial RAM disk beside an empty disk."""
    parts = {}
    for kind, file in (("aki", "vmlinuz"), ("ari", "initrd.gz")):
        parts[kind] = cloud.image.create_image(
            name=f"{GUEST_IMAGE}-{file.partition('.')[0]}", filename=str(place / file), disk_format=kind,
            container_format=kind, visibility="public", validate_checksum=False,
        ).id  # fmt: skip
    cloud.image.create_image(
        name=GUEST_IMAGE, data=io.BytesIO(bytes(EMPTY_DISK_BYTES)), disk_format="raw", container_format="bare",
        visibility="public", validate_checksum=False, kernel_id=parts["aki"], ramdisk_id=parts["ari"],
        os_command_line="console=ttyS0 quiet", hw_rng_model="virtio", **properties,
    )  # fmt: skip


def _users(identity: Any, settings: Settings) -> None:
    roles = {role.name: role for role in identity.roles()}
    domain = identity.get_domain("default")
    service = identity.create_project(name="service", domain_id=domain.id)
    for one in settings.services[1:]:
        user = identity.create_user(name=one.name, password=settings.passwords["service"], domain_id=domain.id)
        for role in ("admin", "service"):
            identity.assign_project_role_to_user(service, user, roles[role])
    demo = identity.create_project(name="demo", domain_id=domain.id, description="a customer of the cloud")
    user = identity.create_user(name="demo", password=settings.passwords["demo"], domain_id=domain.id)
    identity.assign_project_role_to_user(demo, user, roles["member"])


def _catalog(identity: Any, settings: Settings) -> None:
    for one in settings.services[1:]:
        service = identity.create_service(name=one.name, type=settings.series.type_of(one))
        for interface in ("public", "internal", "admin"):
            url = settings.ports.internal_url(one.name, path=True)
            identity.create_endpoint(service_id=service.id, interface=interface, region_id=REGION, url=url)
