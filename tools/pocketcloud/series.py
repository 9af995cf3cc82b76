"""The releases of OpenStack that a cloud can be of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pocketcloud.errors import PocketcloudError
from pocketcloud.services import Service

PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Series:
    """One release of all services.

    :param constraints: file with the versions of every distribution in the services' venv.
    :param volume_type: what the catalog calls block storage.
    :param threads: its services can run in threads; older ones know eventlet only, see host/older.
    """

    name: str
    constraints: str
    volume_type: str = "block-storage"
    threads: bool = True

    @property
    def constraints_file(self) -> Path:
        """Where its versions stand."""
        return PACKAGE / self.constraints

    def type_of(self, service: Service) -> str:
        """What the catalog calls a service."""
        return self.volume_type if service.name == "cinder" else service.type


NEWEST = Series("2026.2", "constraints.txt")
OLDEST = Series("2024.1", "constraints-2024.1.txt", volume_type="volumev3", threads=False)
ALL = {series.name: series for series in (NEWEST, OLDEST)}


def by_name(name: str) -> Series:
    """The series of this name. Raises PocketcloudError."""
    try:
        return ALL[name]
    except KeyError:
        raise PocketcloudError(f"there is no series {name!r}", f"choose from {', '.join(ALL)}") from None
