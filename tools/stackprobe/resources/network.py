"""Networks and what hangs on them. A network takes its subnets along, but neither ports nor routers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

import openstack.exceptions
from openstack.connection import Connection

from stackprobe.resources.kind import Kind
from stackprobe.resources.rest import own_project, pages, request

_ROUTER_INTERFACES = ("network:router_interface", "network:ha_router_replicated_interface")


def _of_project(project_id: str) -> Mapping[str, str]:
    return {"project_id": project_id}


class FloatingIp(Kind):
    """Its port forwardings keep it from being deleted; they go first, where there are any."""

    def delete(self, connection: Connection, identity: str, deadline: float) -> None:
        try:
            super().delete(connection, identity, deadline)
        except openstack.exceptions.ConflictException:
            if not self._delete_forwardings(connection, f"{self._one(connection, identity)}/port_forwardings"):
                raise
            super().delete(connection, identity, deadline)

    def _delete_forwardings(self, connection: Connection, path: str) -> int:
        """How many there were; none where the cloud knows no port forwarding."""
        try:
            found = list(pages(connection, self.service, path, "port_forwardings", {}))
        except openstack.exceptions.NotFoundException:
            return 0
        for one in found:
            self._request_gone(connection, "DELETE", f"{path}/{one['id']}")
        return len(found)


class Router(Kind):
    """Its static routes and interfaces go first; the gateway goes with it."""

    def _prepare_deletion(self, connection: Connection, identity: str, deadline: float) -> None:
        body = self._request_gone(connection, "GET", self._one(connection, identity))
        if body is None:
            return
        if (body.get("router") or {}).get("routes"):
            self._keep_routes(connection, identity, [])
        for port in _ports(connection, {"device_id": identity}):
            if time.monotonic() < deadline and _is_router_interface(port):
                remove_interface(connection, port)

    def forget_routes(self, connection: Connection, identity: str, networks: list[IPv4Network | IPv6Network]) -> bool:
        """Take away its static routes by way of these ranges of addresses, no others; whether there were any."""
        body = self._request_gone(connection, "GET", self._one(connection, identity))
        routes = ((body or {}).get("router") or {}).get("routes") or []
        kept = [one for one in routes if not any(ip_address(one["nexthop"]) in network for network in networks)]
        if len(kept) == len(routes):
            return False
        self._keep_routes(connection, identity, kept)
        return True

    def _keep_routes(self, connection: Connection, identity: str, kept: list[Mapping[str, Any]]) -> None:
        request(connection, self.service, "PUT", self._one(connection, identity), json={"router": {"routes": kept}})


class Port(Kind):
    """One that has become a router's interface is taken off the router, which deletes it."""

    def delete(self, connection: Connection, identity: str, deadline: float) -> None:
        try:
            super().delete(connection, identity, deadline)
        except openstack.exceptions.ConflictException:
            body = self._request_gone(connection, "GET", self._one(connection, identity))
            port = (body or {}).get("port") or {}
            if not _is_router_interface(port):
                raise
            remove_interface(connection, port)


class Network(Kind):
    """What a killed run could not name, or somebody put on our network by hand, is the network's own.

    Ports without a device, interfaces of routers, and ports whose server is gone are removed; the port of a server that
    exists is not ours to take away.
    """

    def _prepare_deletion(self, connection: Connection, identity: str, deadline: float) -> None:
        project_id = own_project(connection)
        for port in _ports(connection, {"network_id": identity, "project_id": project_id}):
            if time.monotonic() >= deadline or not self._in_project(port, project_id):
                continue
            if _is_router_interface(port):
                remove_interface(connection, port)
            elif _is_orphan(connection, port):
                PORT.delete(connection, port["id"], deadline)


def remove_interface(connection: Connection, port: Mapping[str, Any]) -> None:
    """Take a router's interface off its network; one that is gone is fine.

    Static routes of the router that need it go first; no others, as somebody's own router may be on our network.
    """
    path = f"/routers/{port['device_id']}/remove_router_interface"
    try:
        ROUTER._request_gone(connection, "PUT", path, json={"port_id": port["id"]})
    except openstack.exceptions.ConflictException:
        if not ROUTER.forget_routes(connection, port["device_id"], _ranges(connection, port)):
            raise
        ROUTER._request_gone(connection, "PUT", path, json={"port_id": port["id"]})


def _ranges(connection: Connection, port: Mapping[str, Any]) -> list[IPv4Network | IPv6Network]:
    """Of the subnets that a port is on."""
    subnets = [SUBNET._request_gone(connection, "GET", f"/subnets/{one['subnet_id']}") for one in port["fixed_ips"]]
    return [ip_network(body["subnet"]["cidr"]) for body in subnets if body]


def _ports(connection: Connection, query: Mapping[str, str]) -> list[dict[str, Any]]:
    return list(pages(connection, "network", "/ports", "ports", query))


def _is_router_interface(port: Mapping[str, Any]) -> bool:
    return str(port.get("device_owner") or "").startswith(_ROUTER_INTERFACES)


def _is_orphan(connection: Connection, port: Mapping[str, Any]) -> bool:
    owner, device = str(port.get("device_owner") or ""), port.get("device_id")
    if not owner and not device:
        return True
    if not device or not (owner.startswith("compute:") or not owner):
        return False  # DHCP and the like go with the network
    from stackprobe.resources.compute import SERVER  # noqa: PLC0415 - only a network with a server's port needs Nova

    return SERVER.is_gone(connection, str(device))


FLOATING_IP = FloatingIp(
    "floating_ip",
    "network",
    "/floatingips",
    "floatingips",
    "floatingip",
    1,
    carrier="description",
    of_project=_of_project,
)
PORT = Port("port", "network", "/ports", "ports", "port", 2, of_project=_of_project)
ROUTER = Router("router", "network", "/routers", "routers", "router", 3, of_project=_of_project)
NETWORK = Network("network", "network", "/networks", "networks", "network", 4, of_project=_of_project)
SUBNET = Kind("subnet", "network", "/subnets", "subnets", "subnet", 5, of_project=_of_project)
SECURITY_GROUP_RULE = Kind(
    "security_group_rule",
    "network",
    "/security-group-rules",
    "security_group_rules",
    "security_group_rule",
    1,
    carrier="description",
    of_project=_of_project,
)
SECURITY_GROUP = Kind(
    "security_group", "network", "/security-groups", "security_groups", "security_group", 3, of_project=_of_project
)
