# mypy: disable-error-code="import-untyped, import-not-found"
"""neutron: its API with the plugins' workers in one process."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from pocketcloud.guests.names import Names
from pocketcloud.host.httpd import Application
from pocketcloud.layout import Layout, Settings


def application(layout: Layout, settings: Settings, enter: Callable[[], Application]) -> Application:
    """Start neutron, which `enter` does, and return the network API."""
    os.environ["OS_NEUTRON_CONFIG_DIR"] = str(layout.etc)
    os.environ["OS_NEUTRON_CONFIG_FILES"] = "neutron.conf"
    if settings.guests:
        from pocketcloud.host.ovn import ring

        ring.one_worker()
        ring.events_only_read()
    api = enter()
    if settings.guests:
        from pocketcloud.host.ovn import routes

        routes.announce(Names(layout.root).outside)
    _survive_vanished_parents()
    return api


def _survive_vanished_parents() -> None:
    """Let a list leave out what was deleted under it.

    The policy check of a port or subnet loads the network it belongs to. When another client deletes that network
    between the list and the check, upstream tries once more and then answers 500. It means to drop the item.
    """
    from neutron import policy
    from neutron_lib import exceptions

    check = policy.OwnerCheck.__call__

    def tolerant(self: Any, target: Any, creds: Any, enforcer: Any) -> Any:
        try:
            return check(self, target, creds, enforcer)
        except exceptions.NotFound:
            return False

    policy.OwnerCheck.__call__ = tolerant
