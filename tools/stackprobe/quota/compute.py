"""Quotas of compute: one request, and one more where key pairs, which belong to the user, are of interest."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import openstack.connection

from stackprobe.quota.model import Quota, from_limits, member
from stackprobe.resources.rest import pages, request

_NAMES = {
    "servers": ("maxTotalInstances", "totalInstancesUsed"),
    "cores": ("maxTotalCores", "totalCoresUsed"),
    "ram_mb": ("maxTotalRAMSize", "totalRAMUsed"),
    "server_groups": ("maxServerGroups", "totalServerGroupsUsed"),
}


def read(connection: openstack.connection.Connection, wanted: Collection[str]) -> Mapping[str, Quota]:
    """The quotas of compute."""
    absolute = member(request(connection, "compute", "GET", "/limits"), "limits", "absolute")
    found = from_limits(absolute, _NAMES)
    if "keypairs" in wanted and "maxTotalKeypairs" in absolute:
        count = sum(1 for _ in pages(connection, "compute", "/os-keypairs", "keypairs", {}))
        found["keypairs"] = Quota.of("keypairs", absolute["maxTotalKeypairs"], count)
    return found
