"""The services of the cloud and where each of them listens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """One OpenStack service: all of its daemons run in one process."""

    name: str
    type: str
    path: str  # of its endpoint's URL
    package: str  # the distribution on PyPI


SERVICES = (
    Service("keystone", "identity", "/v3", "keystone"),
    Service("placement", "placement", "", "openstack-placement"),
    Service("glance", "image", "", "glance"),
    Service("neutron", "network", "", "neutron"),
    Service("cinder", "block-storage", "/v3", "cinder"),
    Service("nova", "compute", "/v2.1", "nova"),
)
BY_NAME = {service.name: service for service in SERVICES}
REGION = "RegionOne"
ZONES = ("az1", "az2")
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """A block of ports: what clients use first, then what the services use among themselves.

    Two listeners a service keep injected faults apart: a rule for `POST /servers` must neither fire on nor count
    what another service asks.
    """

    base: int

    SIZE = 2 * len(SERVICES)

    def public(self, name: str) -> int:
        """Port of the public endpoint: the one that clients use and that faults apply to."""
        return self.base + SERVICES.index(BY_NAME[name])

    def internal(self, name: str) -> int:
        """Port of the internal and admin endpoints: always plain HTTP."""
        return self.base + len(SERVICES) + SERVICES.index(BY_NAME[name])

    def internal_url(self, name: str, path: bool = False) -> str:
        """URL that the other services use."""
        return f"http://{HOST}:{self.internal(name)}{BY_NAME[name].path if path else ''}"

    def public_url(self, name: str, tls: bool, path: bool = False) -> str:
        """URL that clients use."""
        return f"{'https' if tls else 'http'}://{HOST}:{self.public(name)}{BY_NAME[name].path if path else ''}"
