# mypy: disable-error-code="import-untyped, import-not-found"
"""ML2/OVN on SQLite with one API worker."""

from __future__ import annotations

import os
from typing import Any

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
