"""The services of the cloud, those that it may have beside them, and where each of them listens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pocketcloud.errors import PocketcloudError


@dataclass(frozen=True)
class Service:
    """One OpenStack service: all of its daemons run in one process."""

    name: str
    type: str
    path: str  # of its endpoint's URL
    package: str  # the distribution on PyPI
    needs: tuple[str, ...] = ()  # the optional services that it cannot do without
    datagrams: bool = False  # whether it listens on UDP as well, at the number of its public port
    attributes: bool = False  # it keeps extended attributes of files
    more: tuple[str, ...] = ()  # distributions that it has as well


CORE = (
    Service("keystone", "identity", "/v3", "keystone"),
    Service("placement", "placement", "", "openstack-placement"),
    Service("glance", "image", "", "glance"),
    Service("neutron", "network", "", "neutron"),
    Service("cinder", "block-storage", "/v3", "cinder"),
    Service("nova", "compute", "/v2.1", "nova"),
)
OPTIONAL = (
    Service("swift", "object-store", "/v1/AUTH_%(project_id)s", "swift", attributes=True),
    Service("barbican", "key-manager", "", "barbican"),
    Service("heat", "orchestration", "/v1/%(project_id)s", "openstack-heat"),
    Service("octavia", "load-balancer", "", "octavia", more=("ovn-octavia-provider",)),
    Service("designate", "dns", "", "designate", datagrams=True),
    Service("manila", "shared-file-system", "/v2", "manila"),
)
KNOWN = CORE + OPTIONAL
BY_NAME = {service.name: service for service in KNOWN}
ALL = "all"
REGION = "RegionOne"
ZONES = ("az1", "az2")
HOST = "127.0.0.1"


def chosen(extra: Iterable[str]) -> tuple[Service, ...]:
    """The services of a cloud that shall have these optional ones, with what they need; `all` names every one.

    Raises PocketcloudError for a name that is none of an optional service.
    """
    wanted = set(extra)
    if ALL in wanted:
        wanted = wanted - {ALL} | {service.name for service in OPTIONAL}
    names = [service.name for service in OPTIONAL]
    if unknown := sorted(wanted - set(names) - {service.name for service in CORE}):
        raise PocketcloudError(
            f"there is no optional service {', '.join(map(repr, unknown))}", f"choose from {', '.join(names)}, {ALL}"
        )
    while missing := {need for name in wanted for need in BY_NAME[name].needs} - wanted:
        wanted |= missing
    return CORE + tuple(service for service in OPTIONAL if service.name in wanted)


@dataclass(frozen=True)
class Ports:
    """A block of ports: what clients use first, then what the services use among themselves, then optional services.

    Two listeners a service keep injected faults apart: a rule for `POST /servers` must neither fire on nor count
    what another service asks.
    """

    base: int

    @staticmethod
    def size(services: Iterable[Service]) -> int:
        """How many ports the block of a cloud with these services has."""
        return 2 * len(CORE if set(services) <= set(CORE) else KNOWN)

    def public(self, name: str) -> int:
        """Port of the public endpoint: the one that clients use and that faults apply to."""
        position = KNOWN.index(BY_NAME[name])
        beyond = position - len(CORE)
        return self.base + (position if beyond < 0 else 2 * len(CORE) + 2 * beyond)

    def internal(self, name: str) -> int:
        """Port of the internal and admin endpoints: always plain HTTP."""
        return self.public(name) + (len(CORE) if BY_NAME[name] in CORE else 1)

    def internal_url(self, name: str, path: bool = False) -> str:
        """URL that the other services use."""
        return f"http://{HOST}:{self.internal(name)}{BY_NAME[name].path if path else ''}"

    def public_url(self, name: str, tls: bool, path: bool = False) -> str:
        """URL that clients use."""
        return f"{'https' if tls else 'http'}://{HOST}:{self.public(name)}{BY_NAME[name].path if path else ''}"
