"""A plain tenant with what one needs to reach a guest, by openstacksdk."""

from __future__ import annotations

import base64
import contextlib
from typing import Any

import openstack

from tests.guests.outside import Outside, until

Connection = openstack.connection.Connection


class Customer:
    """What one customer has in the cloud; every name begins with ``name``."""

    def __init__(self, cloud: Connection, outside: Outside, name: str) -> None:
        self.cloud = cloud
        self.outside = outside
        self.name = name
        self.servers: dict[str, Any] = {}

    def furnish(self, public_key: str, cidr: str = "10.20.0.0/24") -> None:
        """Key, network, router, security group."""
        network = self.cloud.network
        self.keypair = self.cloud.compute.create_keypair(name=self.name, public_key=public_key)
        self.external = network.find_network("public")
        self.group = network.create_security_group(name=self.name)
        self.ssh_rule = self.allow("tcp", 22)
        self.ping_rule = self.allow("icmp")
        self.network = network.create_network(name=self.name)
        self.subnet = network.create_subnet(network_id=self.network.id, ip_version=4, cidr=cidr)
        self.router = network.create_router(name=self.name, external_gateway_info={"network_id": self.external.id})
        network.add_interface_to_router(self.router, subnet_id=self.subnet.id)

    def allow(self, protocol: str, port: int | None = None) -> Any:
        """A rule that lets something in."""
        return self.cloud.network.create_security_group_rule(
            security_group_id=self.group.id, direction="ingress", ether_type="IPv4", protocol=protocol,
            port_range_min=port, port_range_max=port,
        )  # fmt: skip

    def boot(self, what: str, user_data: str | None = None, **more: Any) -> Any:
        """A guest, ACTIVE."""
        if user_data:
            more["user_data"] = base64.b64encode(user_data.encode()).decode()
        server = self.cloud.compute.create_server(
            name=f"{self.name}-{what}",
            image_id=self.cloud.image.find_image("guest").id,
            flavor_id=self.cloud.compute.find_flavor("m1.tiny").id,
            key_name=self.keypair.name,
            networks=[{"uuid": self.network.id}],
            security_groups=[{"name": self.group.name}],
            **more,
        )
        self.servers[what] = server
        self.servers[what] = self.cloud.compute.wait_for_server(server, interval=0.2, wait=120)
        return self.servers[what]

    def port(self, what: str) -> Any:
        """The port of a guest."""
        return next(self.cloud.network.ports(device_id=self.servers[what].id))

    def fixed_address(self, what: str) -> str:
        """The address of a guest in its network."""
        return str(self.port(what).fixed_ips[0]["ip_address"])

    def give_address(self, what: str) -> str:
        """A floating IP, which is `address` from now on."""
        self.floating = self.cloud.network.create_ip(floating_network_id=self.external.id, port_id=self.port(what).id)
        return self.address

    @property
    def address(self) -> str:
        """The floating IP."""
        return str(self.floating.floating_ip_address)

    def move_address(self, what: str | None) -> None:
        """Have the floating IP lead to another guest, or to none."""
        self.cloud.network.update_ip(self.floating, port_id=self.port(what).id if what else None)

    def wait(self, what: str, status: str) -> None:
        """Wait until a guest has a status and nothing more is done with it."""

        def reached() -> bool:
            one = self.cloud.compute.get_server(self.servers[what].id)
            assert one.status != "ERROR", one.fault
            return bool(one.status == status and one.task_state is None)

        until(reached, f"{what} {status}")

    def remove(self, what: str) -> None:
        """Delete a guest; returns when it is gone."""
        server = self.servers.pop(what)
        self.cloud.compute.delete_server(server)
        self.cloud.compute.wait_for_delete(server, interval=0.2, wait=60)

    def leave(self) -> None:
        """Delete everything."""
        network = self.cloud.network
        if hasattr(self, "floating"):
            network.delete_ip(self.floating)
        for what in list(self.servers):
            self.remove(what)
        if hasattr(self, "router"):
            with contextlib.suppress(openstack.exceptions.NotFoundException):
                network.remove_interface_from_router(self.router, subnet_id=self.subnet.id)
            network.delete_router(self.router)
        for port in network.ports(network_id=self.network.id):
            if not port.device_owner:
                network.delete_port(port)
        network.delete_network(self.network)
        network.delete_security_group(self.group)
        self.cloud.compute.delete_keypair(self.keypair)
