"""What block storage does wrong with backups, types and transfers of volumes, and how that must be reported."""

from __future__ import annotations

from typing import Any

from stackprobe.results import Outcome

from tests.integration.scenarios.seasons import Fault, Season
from tests.support.clouds import Rules

INVENTED = "00000000-bbbb-4ccc-8ddd-000000000000"


def cinder(method: str, path: str, **action: Any) -> Rules:
    """One rule for requests to cinder."""
    return [{"service": "cinder", "method": method, "path": path, **action}]


BACKUP = {
    "create answers 503": Fault(cinder("POST", "/backups$", status=503), "Back the volume up", 503, "503"),
    "the backup fails": Fault(
        [{"driver": "backup_create", "error": "the tape is on fire"}],
        "Back the volume up",
        200,
        "status error (the tape is on fire)",
    ),
    "the backup takes too long": Fault(
        [{"driver": "backup_create", "delay": 8}],
        "Back the volume up",
        200,
        "last seen: status creating",
        options={"backup_deadline": 5},
    ),
    "the restoration fails": Fault(
        [{"driver": "backup_restore", "error": "the tape is torn"}], "Restore the backup", 200, "error_restoring"
    ),
    "an invented volume is restored": Fault(
        cinder("POST", "/restore$", set={"restore.volume_id": INVENTED}),
        "Restore the backup",
        404,
        "could not be found",
    ),
    "a delete does nothing": Fault(
        cinder("DELETE", "/backups/", status=202, times=1),
        "Delete the backup",
        200,
        "last seen: status available",
        options={"delete_deadline": 5},
    ),
    "the quota is used up": Fault(
        cinder("POST", "/backups$", status=413, body={"overLimit": {"code": 413, "message": "BackupLimitExceeded"}}),
        "Back the volume up",
        413,
        "no quota left",
        Outcome.ERROR,
    ),
}
TYPES = {
    "one type is answered with 500": Fault(
        cinder("POST", "/volumes$", sent="volume_types-fast", status=500), "Create the volume", 500, "500", zone="fast"
    ),
    "the storage of one type fails": Fault(
        [{"driver": "volume_create", "name": "volume_types-fast$", "error": "the shelf is on fire"}],
        "Wait until the volume is available",
        200,
        "status error",
        zone="fast",
    ),
    "one type takes too long": Fault(
        [{"driver": "volume_create", "name": "volume_types-__DEFAULT__$", "delay": 9}],
        "Wait until the volume is available",
        200,
        "last seen: status creating",
        zone="__DEFAULT__",
        options={"deadline": 5},
    ),
    "the delete of one type takes too long": Fault(
        [{"driver": "volume_delete", "name": "volume_types-fast$", "delay": 9}],
        "Delete the volume",
        200,
        "last seen: status deleting",
        zone="fast",
        options={"delete_deadline": 5},
    ),
    "there are no types": Fault(
        cinder("GET", "/types", set={"volume_types": []}), "List the volume types", 200, "# is at least 1"
    ),
}
TRANSFER = {
    "no offer is made": Fault(cinder("POST", "transfers?$", status=500), "Offer the volume", 500),
    "the offer has no key": Fault(
        cinder("POST", "transfers?$", remove=["transfer.auth_key"]), "Offer the volume", 202, "holds no auth_key"
    ),
    "any key is taken": Fault(
        cinder("POST", "/accept$", nth=1, status=202, body={"transfer": {"id": INVENTED}}),
        "Accept the offer with another key in vain",
        202,
        "but the cloud did it",
    ),
    "an accepted offer is not carried out": Fault(
        cinder("POST", "/accept$", nth=2, status=202, body={"transfer": {"id": INVENTED, "volume_id": INVENTED}}),
        "Accept the offer",
        202,
        "volume_id is",
    ),
    "the acceptance hangs": Fault(
        cinder("POST", "/accept$", nth=2, hang="before"),
        "Accept the offer",
        None,
        "deadline passed",
        options={"deadline": 6},
    ),
    "a withdrawn offer stays": Fault(
        cinder("DELETE", "transfers?/", status=202, times=1),
        "Withdraw the offer",
        200,
        "deadline passed",
        options={"delete_deadline": 4},
    ),
}
SEASON = Season({"volume_backup": BACKUP, "volume_types": TYPES, "volume_transfer": TRANSFER})
