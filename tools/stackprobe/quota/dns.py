"""Quotas of DNS: the limits, and how many zones there are. Record sets are limited in each zone, which a new one has
all to itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import openstack.connection

from stackprobe.quota.model import Quota, member
from stackprobe.resources.rest import request


def read(connection: openstack.connection.Connection, _wanted: Collection[str]) -> Mapping[str, Quota]:
    """The quotas of DNS."""
    limits = member(request(connection, "dns", "GET", f"/quotas/{connection.current_project_id}"))
    found = {}
    if "zones" in limits:
        metadata = member(request(connection, "dns", "GET", "/zones", params={"limit": 1}), "metadata")
        found["zones"] = Quota.of("zones", limits["zones"], metadata.get("total_count"))
    if "zone_recordsets" in limits:
        found["recordsets"] = Quota.of("recordsets", limits["zone_recordsets"], 0)
    return found
