"""How designate's worker configures the name server of its pool."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

from typing import Any

from designate.backend import base

from pocketcloud.host import name_server
from pocketcloud.host.drivers.stalls import stall


class NameServer(base.Backend):
    """Adds zones to the name server and removes them; their contents it gets itself when it is notified."""

    __plugin_name__ = "pocketcloud"

    def create_zone(self, context: Any, zone: Any) -> None:
        """A new zone."""
        stall("zone_create", zone.name)
        name_server.ZONES.add(zone.name)

    def update_zone(self, context: Any, zone: Any) -> None:
        """Changed record sets: nothing to configure."""
        stall("zone_update", zone.name)

    def delete_zone(self, context: Any, zone: Any, zone_params: Any = None) -> None:
        """Forget a zone."""
        stall("zone_delete", zone.name)
        name_server.ZONES.remove(zone.name)
