"""Zones. Their record sets go with them."""

from __future__ import annotations

from collections.abc import Mapping

from stackprobe.naming import RunId, owner_of
from stackprobe.resources.kind import Kind


class Zone(Kind):
    """A zone is called by a domain name: whose it is, the first label tells."""

    def _owner(self, name: str, prefix: str) -> RunId | None:
        return owner_of(name.partition(".")[0], prefix)

    def _narrowed(self, prefix: str) -> Mapping[str, str]:
        return {"name": f"{prefix}-*"}


ZONE = Zone("zone", "dns", "/zones", "zones", None, 1, settles_s=0.3)
