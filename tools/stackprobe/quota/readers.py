"""Who reads the quotas of which service."""

from __future__ import annotations

from stackprobe.quota import (
    block_storage,
    compute,
    dns,
    key_manager,
    load_balancer,
    network,
    shared_file_system,
)
from stackprobe.quota.model import Reader

READERS: dict[str, Reader] = {
    "compute": compute.read,
    "network": network.read,
    "block-storage": block_storage.read,
    "load-balancer": load_balancer.read,
    "dns": dns.read,
    "key-manager": key_manager.read,
    "shared-file-system": shared_file_system.read,
}
"""The services whose quotas can be read. Heat and Swift have quotas and no API that tells them."""
NOT_OFFERED = (403, 404, 405, 501)
"""Statuses with which a service says that it does not tell quotas, or not this user."""
