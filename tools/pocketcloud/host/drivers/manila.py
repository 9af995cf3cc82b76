"""Shares without bytes: manila keeps the books, nothing is stored or exported."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

from typing import Any

from manila.share import driver

from pocketcloud.host.drivers.stalls import stall

CAPACITY_GB = 1000
EXPORT_HOST = "192.0.2.20"  # for documentation only: nobody can mount from it


class BookkeepingDriver(driver.ShareDriver):
    """Agrees to everything at once, unless a fault says otherwise."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(False, *arguments, **options)

    def check_for_setup_error(self) -> None:
        """There is nothing to go wrong."""

    def _exports(self, share: Any) -> list[dict[str, Any]]:
        path = f"{EXPORT_HOST}:/share-{share['id']}"
        return [{"path": path, "metadata": {"preferred": True}, "is_admin_only": False}]

    def create_share(self, context: Any, share: Any, share_server: Any = None) -> list[dict[str, Any]]:
        """An empty share."""
        stall("share_create", share["display_name"])
        return self._exports(share)

    def create_share_from_snapshot(
        self, context: Any, share: Any, snapshot: Any, share_server: Any = None, parent_share: Any = None
    ) -> list[dict[str, Any]]:
        """A share with a snapshot's contents."""
        return self.create_share(context, share)

    def delete_share(self, context: Any, share: Any, share_server: Any = None) -> None:
        """Forget a share."""
        stall("share_delete", share["display_name"])

    def extend_share(self, share: Any, new_size: int, share_server: Any = None) -> None:
        """Grow a share."""
        stall("share_extend", share["display_name"])

    def shrink_share(self, share: Any, new_size: int, share_server: Any = None) -> None:
        """Shrink a share."""
        stall("share_extend", share["display_name"])

    def ensure_share(self, context: Any, share: Any, share_server: Any = None) -> list[dict[str, Any]]:
        """Everything is exported as it was."""
        return self._exports(share)

    def update_access(
        self, context: Any, share: Any, access_rules: Any, add_rules: Any, delete_rules: Any, *_: Any, **__: Any
    ) -> None:
        """Let clients in, or no more."""
        if add_rules or delete_rules:
            stall("share_access", share["display_name"])

    def create_snapshot(self, context: Any, snapshot: Any, share_server: Any = None) -> None:
        """A snapshot."""
        stall("share_snapshot", snapshot["display_name"])

    def delete_snapshot(self, context: Any, snapshot: Any, share_server: Any = None) -> None:
        """Forget a snapshot."""
        stall("share_snapshot", snapshot["display_name"])

    def _update_share_stats(self, data: Any = None) -> None:
        pool = {
            "pool_name": "pool",
            "total_capacity_gb": CAPACITY_GB,
            "free_capacity_gb": CAPACITY_GB,
            "allocated_capacity_gb": 0,
            "provisioned_capacity_gb": 0,
            "reserved_percentage": 0,
            "reserved_snapshot_percentage": 0,
            "reserved_share_extend_percentage": 0,
            "thin_provisioning": [True, False],
            "max_over_subscription_ratio": 20.0,
            "dedupe": [True, False],
            "compression": [True, False],
            "qos": False,
        }
        super()._update_share_stats(
            {
                "storage_protocol": "NFS_CIFS",
                "vendor_name": "pocketcloud",
                "snapshot_support": True,
                "create_share_from_snapshot_support": True,
                "pools": [pool],
            }
        )
