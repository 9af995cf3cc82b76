# mypy: disable-error-code="import-untyped, import-not-found"
"""ML2/OVN on SQLite with one API worker, and a thread for its events that must not wait for a request."""

from __future__ import annotations

import os
from typing import Any

from pocketcloud.host.sqlite import reading

WORKERS = "ASGI_WORKERS"  # where neutron looks for their number; without it all events of OVN are lost


def one_worker() -> None:
    """Tell neutron, before it starts, that this process handles every event of OVN.

    It would ask a table for the worker of each event. On SQLite its thread deadlocks so with a request that holds the
    database while it waits for that thread. With one worker there is one answer.
    """
    os.environ[WORKERS] = "1"
    from neutron.common.ovn import hash_ring_manager
    from neutron.db import ovn_hash_ring_db
    from oslo_config import cfg
    from oslo_utils import timeutils

    def get_node(self: Any, key: str) -> Any:
        return ovn_hash_ring_db.get_node_uuid(self._group, cfg.CONF.host, os.getpid()), timeutils.utcnow()

    hash_ring_manager.HashRingManager.get_node = get_node


def events_only_read() -> None:
    """Have OVN's thread, which asks the database whom an event concerns, begin no transaction that would write.

    It would wait for a request that holds the database while it waits for that thread.
    """
    from ovsdbapp.event import RowEventHandler

    match = RowEventHandler.match

    def reading_match(candidate: Any, event: Any, row: Any, updates: Any) -> Any:
        with reading():
            return match(candidate, event, row, updates)

    RowEventHandler.match = staticmethod(reading_match)
