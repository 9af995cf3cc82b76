# mypy: disable-error-code="import-untyped, import-not-found"
"""The way from the outside to customers' networks of IPv6, which a provider's routers would learn by BGP."""

from __future__ import annotations

import ipaddress
import logging
import threading
from typing import Any

from pocketcloud.errors import PocketcloudError
from pocketcloud.guests import namespaces
from pocketcloud.guests.names import OUTSIDE_DEVICE

MARK = "bgp"  # the protocol that our routes are marked with; others are left alone


def announce(outside: str) -> None:
    """Keep the routes of a namespace, from now on, to what is behind the routers with a gateway to it."""
    changed = threading.Event()

    def work() -> None:
        while changed.wait():
            changed.clear()
            try:
                _set(outside, _wanted())
            except Exception:
                logging.getLogger(__name__).exception("the outside has not all routes")

    def notice(*args: Any, **kwargs: Any) -> None:
        changed.set()

    from neutron_lib.callbacks import events, registry, resources

    for resource in (resources.ROUTER_INTERFACE, resources.ROUTER_GATEWAY):
        for event in (events.AFTER_CREATE, events.AFTER_DELETE):
            registry.subscribe(notice, resource, event)
    registry.subscribe(notice, resources.ROUTER, events.AFTER_UPDATE)
    threading.Thread(target=work, name="routes of the outside", daemon=True).start()


def _wanted() -> dict[str, str]:
    """The networks that are found from outside, each with the address of its router there. Only those of a pool are."""
    from neutron_lib import constants, context
    from neutron_lib.plugins import directory

    core, admin = directory.get_plugin(), context.get_admin_context()
    pooled = {
        subnet["id"]: subnet["cidr"]
        for subnet in core.get_subnets(admin, filters={"ip_version": [6]})
        if subnet["subnetpool_id"]
    }
    if not pooled:
        return {}
    gateways = {}
    for port in core.get_ports(admin, filters={"device_owner": [constants.DEVICE_OWNER_ROUTER_GW]}):
        for fixed in port["fixed_ips"]:
            if ipaddress.ip_address(fixed["ip_address"]).version == 6:
                gateways[port["device_id"]] = fixed["ip_address"]
    found = {}
    for port in core.get_ports(admin, filters={"device_owner": [constants.DEVICE_OWNER_ROUTER_INTF]}):
        for fixed in port["fixed_ips"]:
            if fixed["subnet_id"] in pooled and port["device_id"] in gateways:
                found[pooled[fixed["subnet_id"]]] = gateways[port["device_id"]]
    return found


def _set(outside: str, wanted: dict[str, str]) -> None:
    there = {}
    for line in namespaces.ip("-6", "-n", outside, "route", "show", "proto", MARK).splitlines():
        words = line.split()
        there[words[0]] = words[words.index("via") + 1]
    for cidr in there.keys() - wanted.keys():
        try:
            namespaces.ip("-6", "-n", outside, "route", "del", cidr, "proto", MARK)
        except PocketcloudError:
            continue  # it went by itself
    for cidr, router in wanted.items():
        if there.get(cidr) != router:
            namespaces.ip("-6", "-n", outside, "route", "replace", cidr, "via", router, "dev", OUTSIDE_DEVICE,
                          "proto", MARK)  # fmt: skip
