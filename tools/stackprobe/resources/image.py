"""Images, those made of servers too."""

from __future__ import annotations

from openstack.connection import Connection

from stackprobe.resources.kind import Kind
from stackprobe.resources.rest import request


class Image(Kind):
    """A protected image has to be unprotected first."""

    def _prepare_deletion(self, connection: Connection, identity: str, deadline: float) -> None:
        image = self._request_gone(connection, "GET", self._one(connection, identity))
        if image and image.get("protected"):
            request(
                connection,
                self.service,
                "PATCH",
                self._one(connection, identity),
                headers={"Content-Type": "application/openstack-images-v2.1-json-patch"},
                json=[{"op": "replace", "path": "/protected", "value": False}],
            )

    def _status(self, connection: Connection, identity: str) -> str | None:
        status = super()._status(connection, identity)
        return None if status in ("deleted", "pending_delete") else status


# After volumes: a back end may have made them as clones of the image.
IMAGE = Image("image", "image", "/images", "images", None, 4, of_project=lambda project_id: {"owner": project_id})
