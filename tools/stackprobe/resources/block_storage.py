"""Volumes, their snapshots and backups, and the transfers of volumes to another project."""

from __future__ import annotations

from stackprobe.naming import RunId, owner_of
from stackprobe.resources.kind import Kind

# Nova's name for what it makes of a server's volumes when an image is made of the server.
_BY_NOVA = "snapshot for "


class VolumeSnapshot(Kind):
    """Snapshots, and those that Nova made for an image of a server whose disk is a volume."""

    def _owner(self, name: str, prefix: str) -> RunId | None:
        return owner_of(name.removeprefix(_BY_NOVA), prefix)


SNAPSHOT = VolumeSnapshot(
    "volume_snapshot",
    "block_storage",
    "/snapshots",
    "snapshots",
    "snapshot",
    2,
    listing="/snapshots/detail",
    settles_s=0.3,
)
# One with increments is refused until these are gone: whoever deletes tries again.
BACKUP = Kind(
    "volume_backup", "block_storage", "/backups", "backups", "backup", 2, listing="/backups/detail", settles_s=0.3
)
# A volume that awaits its transfer cannot be deleted. The path is that of all releases.
TRANSFER = Kind(
    "volume_transfer",
    "block_storage",
    "/os-volume-transfer",
    "transfers",
    "transfer",
    1,
    listing="/os-volume-transfer/detail",
)
VOLUME = Kind("volume", "block_storage", "/volumes", "volumes", "volume", 3, listing="/volumes/detail", settles_s=0.3)
