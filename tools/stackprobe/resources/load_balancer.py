"""Load balancers. Listeners, pools, members and health monitors go with them, and so do their addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openstack.connection import Connection

from stackprobe.resources.kind import Found, Kind
from stackprobe.resources.rest import MalformedAnswer


class LoadBalancer(Kind):
    """Octavia refuses whatever is asked of a load balancer that is just being changed: whoever deletes tries again."""

    def _deletion(self, connection: Connection, identity: str) -> str:
        return f"{self._one(connection, identity)}?cascade=true"

    def _found(self, item: Mapping[str, Any], prefix: str | None) -> Found:
        return super()._found({**item, "status": item.get("provisioning_status")}, prefix)

    def _status(self, connection: Connection, identity: str) -> str | None:
        body = self._request_gone(connection, "GET", self._one(connection, identity))
        if body is None:
            return None
        item = body.get("loadbalancer") if isinstance(body, dict) else None
        if not isinstance(item, dict):
            raise MalformedAnswer(f"the answer to GET {self.path}/{identity} holds no {self.name}")
        status = str(item.get("provisioning_status") or "").lower()
        if status == "deleted":
            return None
        return "error_deleting" if status == "error" else status  # as block storage says it: octavia has given up


LOAD_BALANCER = LoadBalancer(
    "load_balancer",
    "load_balancer",
    "/lbaas/loadbalancers",
    "loadbalancers",
    "loadbalancer",
    1,
    settles_s=0.3,
    of_project=lambda project_id: {"project_id": project_id},
)
