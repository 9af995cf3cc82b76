"""Stacks. What a stack has made goes with it, before anything that has its own name is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openstack.connection import Connection

from stackprobe.resources.kind import Found, Kind


class Stack(Kind):
    """Heat still knows a deleted stack by its id, and calls name, status and all else by names of its own."""

    def find(self, connection: Connection, name: str) -> list[Found]:
        return [found for found in self._list(connection, {"name": name}) if found.name == name]

    def _found(self, item: Mapping[str, Any], prefix: str | None) -> Found:
        return super()._found({**item, "status": item.get("stack_status")}, prefix)

    def _status(self, connection: Connection, identity: str) -> str | None:
        body = self._request_gone(connection, "GET", self._one(connection, identity))
        status = str((body or {}).get("stack", {}).get("stack_status") or "").lower()
        if body is None or status == "delete_complete":
            return None
        return "error_deleting" if status == "delete_failed" else status  # as block storage says it


STACK = Stack(
    "stack",
    "orchestration",
    "/stacks",
    "stacks",
    "stack",
    0,
    carrier="stack_name",
    created_in="creation_time",
    settles_s=0.3,
)
