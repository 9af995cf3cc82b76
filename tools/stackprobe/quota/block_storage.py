"""Quotas of block storage: one request."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import openstack.connection

from stackprobe.quota.model import Quota, from_limits, member
from stackprobe.resources.rest import request

_NAMES = {
    "volumes": ("maxTotalVolumes", "totalVolumesUsed"),
    "gigabytes": ("maxTotalVolumeGigabytes", "totalGigabytesUsed"),
    "snapshots": ("maxTotalSnapshots", "totalSnapshotsUsed"),
    "backups": ("maxTotalBackups", "totalBackupsUsed"),
    "backup_gigabytes": ("maxTotalBackupGigabytes", "totalBackupGigabytesUsed"),
}


def read(connection: openstack.connection.Connection, _wanted: Collection[str]) -> Mapping[str, Quota]:
    """The quotas of block storage."""
    return from_limits(member(request(connection, "block_storage", "GET", "/limits"), "limits", "absolute"), _NAMES)
