"""Volumes with next to no bytes: cinder keeps the books; what a backup reads of a volume is one small file."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from cinder.volume import driver
from oslo_config import cfg

from pocketcloud.host.drivers.stalls import stall

CAPACITY_GB = 1000


def device(volume_id: str) -> Path:
    """Where the file is that stands for a volume's device. A new one holds the volume's id, as something to back up."""
    return Path(cfg.CONF.state_path) / "devices" / volume_id


def connected_device(volume_id: str) -> Path:
    """The same, made if need be."""
    file = device(volume_id)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(volume_id)
    return file


class BookkeepingDriver(driver.VolumeDriver):
    """Agrees to everything at once, unless a fault says otherwise."""

    VERSION = "1.0"

    def check_for_setup_error(self) -> None:
        """There is nothing to go wrong."""

    def create_volume(self, volume: Any) -> None:
        """An empty volume."""
        stall("volume_create", volume.display_name)

    def delete_volume(self, volume: Any) -> None:
        """Forget a volume."""
        stall("volume_delete", volume.display_name)
        device(volume.id).unlink(missing_ok=True)

    def create_snapshot(self, snapshot: Any) -> None:
        """A snapshot."""
        stall("snapshot_create", snapshot.display_name)

    def delete_snapshot(self, snapshot: Any) -> None:
        """Forget a snapshot."""
        stall("snapshot_delete", snapshot.display_name)

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        """A volume with a snapshot's contents."""
        stall("volume_create", volume.display_name)

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> None:
        """A volume with another one's contents."""
        stall("volume_create", volume.display_name)

    def extend_volume(self, volume: Any, new_size: int) -> None:
        """Grow a volume."""
        stall("volume_extend", volume.display_name)

    def clone_image(self, context: Any, volume: Any, image_location: Any, image_meta: Any, image_service: Any) -> Any:
        """A volume with an image's contents."""
        stall("volume_create", volume.display_name)
        return {}, True

    def copy_image_to_volume(self, context: Any, volume: Any, image_service: Any, image_id: str, **_: Any) -> None:
        """Nothing is copied."""

    def ensure_export(self, context: Any, volume: Any) -> None:
        """Nothing is exported."""

    def create_export(self, context: Any, volume: Any, connector: Any) -> None:
        """Nothing is exported."""

    def remove_export(self, context: Any, volume: Any) -> None:
        """Nothing is exported."""

    def initialize_connection(self, volume: Any, connector: Any) -> dict[str, Any]:
        """What the backup service, and the hypervisor that is not there, connect to."""
        path = str(connected_device(volume.id))
        return {"driver_volume_type": "local", "data": {"volume_id": volume.id, "device_path": path}}

    def secure_file_operations_enabled(self) -> bool:
        """The files belong to the process that reads and writes them: nothing needs root."""
        return True

    def terminate_connection(self, volume: Any, connector: Any, **_: Any) -> None:
        """Nothing is connected."""

    def _update_volume_stats(self) -> None:
        name = self.configuration.safe_get("volume_backend_name") or str(uuid.uuid4())
        pool = {
            "pool_name": "pool",
            "total_capacity_gb": CAPACITY_GB,
            "free_capacity_gb": CAPACITY_GB,
            "reserved_percentage": 0,
            "provisioned_capacity_gb": 0,
            "thin_provisioning_support": True,
            "thick_provisioning_support": False,
            "max_over_subscription_ratio": "20.0",
            "multiattach": True,
        }
        self._stats = {
            "volume_backend_name": name,
            "vendor_name": "pocketcloud",
            "driver_version": self.VERSION,
            "storage_protocol": "fake",
            "pools": [pool],
        }
