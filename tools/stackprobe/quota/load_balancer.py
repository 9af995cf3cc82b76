"""Quotas of load balancers: the limits, and a count of what there is, as the API has no usage."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import openstack.connection

from stackprobe.quota.model import Quota, member
from stackprobe.resources.rest import pages, request

_NAMES = {
    "load_balancers": ("load_balancer", "loadbalancers"),
    "listeners": ("listener", "listeners"),
    "pools": ("pool", "pools"),
    "health_monitors": ("health_monitor", "healthmonitors"),
    "members": ("member", "pools"),
}


def read(connection: openstack.connection.Connection, wanted: Collection[str]) -> Mapping[str, Quota]:
    """The quotas of load balancers; what has no limit is not counted."""
    project = connection.current_project_id
    quota = member(request(connection, "load_balancer", "GET", f"/lbaas/quotas/{project}"), "quota")
    listed: dict[str, list[dict[str, Any]]] = {}

    def all_of(plural: str) -> Iterator[dict[str, Any]]:
        if plural not in listed:
            query = {"project_id": project}
            listed[plural] = list(pages(connection, "load_balancer", f"/lbaas/{plural}", plural, query))
        yield from listed[plural]

    found = {}
    for resource, (name, plural) in _NAMES.items():
        if resource not in wanted or name not in quota:
            continue
        used = 0
        if quota[name] is not None and quota[name] != -1:
            sizes = (len(one.get("members") or ()) if resource == "members" else 1 for one in all_of(plural))
            used = sum(sizes)
        found[resource] = Quota.of(resource, quota[name], used)
    return found
