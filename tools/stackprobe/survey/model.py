"""What a survey found, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stackprobe.quota import Quota

READER_ROLES = frozenset({"reader"})
"""Roles that may look and not touch."""


@dataclass(frozen=True)
class Problem:
    """Something wrong, and what to do about it; each one sentence without a full stop.

    :param cloud_fault: the cloud broke its promise, so it is not for the user to mend.
    :param status: the HTTP status that decided it.
    """

    message: str
    remedy: str = ""
    cloud_fault: bool = False
    status: int | None = None


@dataclass(frozen=True)
class Cloud:
    """What a token tells: where it is good, and for whom.

    :param region: None where clouds.yaml names none.
    :param regions: all regions of the catalog.
    :param services: official types of the services in the catalog of the region.
    :param project: name of the token's project; None for a token of another scope.
    """

    name: str
    region: str | None
    regions: tuple[str, ...]
    services: frozenset[str]
    roles: frozenset[str]
    user: str | None
    project: str | None

    @property
    def is_admin(self) -> bool:
        """Whether the user has the role that OpenStack's own policies ask of administrators."""
        return "admin" in self.roles

    @property
    def is_reader(self) -> bool:
        """Whether the user has nothing but roles that may create nothing. Roles of a cloud's own may do anything."""
        return bool(self.roles) and self.roles <= READER_ROLES


@dataclass(frozen=True)
class Flavor:
    """A flavor that the project sees; memory in MB, disk in GB."""

    id: str
    name: str
    vcpus: int
    ram_mb: int
    disk_gb: int


@dataclass(frozen=True)
class Image:
    """An active image that the project sees; sizes in bytes, least disk in GB, least memory in MB."""

    id: str
    name: str
    size_bytes: int
    disk_format: str
    visibility: str
    min_disk_gb: int
    min_ram_mb: int


@dataclass(frozen=True)
class Network:
    """An external network."""

    id: str
    name: str


@dataclass(frozen=True)
class Survey:
    """Everything that was found. What is None was not asked, since its service is absent, or was not answered.

    :param quotas: by resource (see :data:`stackprobe.needs.RESOURCES`), as far as services tell them.
    :param unanswered: why a question has no answer, by what was asked (``flavors``, ``quotas of compute``, …).
    """

    cloud: Cloud
    flavors: tuple[Flavor, ...] | None = None
    images: tuple[Image, ...] | None = None
    external_networks: tuple[Network, ...] | None = None
    server_zones: tuple[str, ...] | None = None
    volume_zones: tuple[str, ...] | None = None
    volume_types: tuple[str, ...] | None = None
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    unanswered: Mapping[str, Problem] = field(default_factory=dict)
