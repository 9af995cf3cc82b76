"""Backups of the few bytes that a volume has here: cinder's own POSIX driver, with injected faults."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

from typing import Any

from cinder.backup.drivers import posix

from pocketcloud import sparse
from pocketcloud.host.drivers.cinder import device
from pocketcloud.host.drivers.stalls import stall


class PosixDriver(posix.PosixBackupDriver):
    """Keeps backups in the cloud's own directory; full and incremental ones, as upstream."""

    def backup(self, backup: Any, volume_file: Any, backup_metadata: bool = True) -> Any:
        """Read a volume and keep what it holds."""
        stall("backup_create", backup.display_name)
        return super().backup(backup, volume_file, backup_metadata)

    def restore(self, backup: Any, volume_id: str, volume_file: Any, volume_is_new: bool) -> None:
        """Write what was kept into a volume."""
        stall("backup_restore", backup.display_name)
        super().restore(backup, volume_id, volume_file, volume_is_new)
        sparse.dig_holes(device(volume_id))

    def delete_backup(self, backup: Any) -> None:
        """Forget what was kept."""
        stall("backup_delete", backup.display_name)
        super().delete_backup(backup)
