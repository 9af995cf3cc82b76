"""Quotas of the network: one request, of an extension that clouds of OpenStack have and some others do not."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import openstack.connection

from stackprobe.quota.model import Quota, member
from stackprobe.resources.rest import request

_NAMES = {
    "networks": "network",
    "subnets": "subnet",
    "routers": "router",
    "ports": "port",
    "floating_ips": "floatingip",
    "security_groups": "security_group",
    "security_group_rules": "security_group_rule",
}


def read(connection: openstack.connection.Connection, _wanted: Collection[str]) -> Mapping[str, Quota]:
    """The quotas of the network; what others have reserved a moment ago counts as used."""
    path = f"/quotas/{connection.current_project_id}/details.json"
    quota = member(request(connection, "network", "GET", path), "quota")
    found = {}
    for resource, name in _NAMES.items():
        if name in quota:
            one = member(quota, name)
            reserved = one.get("reserved") or 0
            used = one.get("used")
            found[resource] = Quota.of(
                resource,
                one.get("limit"),
                used + reserved if isinstance(used, int) and isinstance(reserved, int) else used,
            )
    return found
