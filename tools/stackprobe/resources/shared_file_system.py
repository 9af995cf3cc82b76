"""Shares and their snapshots. Access rules go with a share."""

from __future__ import annotations

import openstack.exceptions
from openstack.connection import Connection

from stackprobe.resources.kind import Kind
from stackprobe.resources.rest import request

_FORCE = "2.7"  # the microversion from which on the action has this name


class Share(Kind):
    """Manila lets its owner delete a share that could not be made, and none that could not be extended or shrunk."""

    def delete(self, connection: Connection, identity: str, deadline: float) -> None:
        try:
            super().delete(connection, identity, deadline)
        except openstack.exceptions.ForbiddenException as refused:
            try:
                path = f"{self._one(connection, identity)}/action"
                request(connection, self.service, "POST", path, json={"force_delete": None}, microversion=_FORCE)
            except openstack.exceptions.ForbiddenException:
                raise refused from None


SNAPSHOT = Kind(
    "share_snapshot",
    "shared_file_system",
    "/snapshots",
    "snapshots",
    "snapshot",
    2,
    listing="/snapshots/detail",
    settles_s=0.3,
)
SHARE = Share("share", "shared_file_system", "/shares", "shares", "share", 3, listing="/shares/detail", settles_s=0.3)
