"""Servers, their groups, and key pairs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import openstack.exceptions
from openstack.connection import Connection

from stackprobe.resources.kind import Found, Kind
from stackprobe.resources.rest import pages, request


class Server(Kind):
    """Nova frees the server's ports and volumes before the server is gone: wait for that before deleting those."""

    def find(self, connection: Connection, name: str) -> list[Found]:
        # Nova takes the name for a regular expression
        return [found for found in self._list(connection, {"name": re.escape(name)}) if found.name == name]

    def delete(self, connection: Connection, identity: str, deadline: float) -> None:
        try:
            super().delete(connection, identity, deadline)
        except openstack.exceptions.ConflictException as error:
            if "locked" not in str(error):  # the first microversion does not show the lock
                raise
            request(connection, self.service, "POST", f"{self.path}/{identity}/action", json={"unlock": None})
            super().delete(connection, identity, deadline)

    def _narrowed(self, prefix: str) -> Mapping[str, str]:
        return {"name": f"{prefix}-"}

    def _status(self, connection: Connection, identity: str) -> str | None:
        # one that says DELETED is about to go: until then it is a member of its group, and what it used is in use
        status = super()._status(connection, identity)
        return None if status == "soft_deleted" else status


class KeyPair(Kind):
    """Key pairs belong to a user, not to a project, and are known by their names alone."""

    def find(self, connection: Connection, name: str) -> list[Found]:
        body = self._request_gone(connection, "GET", self._one(connection, name))
        return [self._found(body["keypair"], None)] if body else []

    def _list(self, connection: Connection, query: Mapping[str, str], prefix: str | None = None) -> list[Found]:
        items = pages(connection, self.service, self.path, self.plural, {})
        return [self._found(item["keypair"], prefix) for item in items]

    def _found(self, item: Mapping[str, Any], prefix: str | None) -> Found:
        return super()._found({**item, "id": item["name"]}, prefix)

    def _one(self, connection: Connection, identity: str) -> str:
        return f"{self.path}/{quote(identity, safe='')}"


SERVER = Server(
    "server",
    "compute",
    "/servers",
    "servers",
    "server",
    0,
    listing="/servers/detail",
    created_in="created",
    settles_s=0.3,
)
KEYPAIR = KeyPair("keypair", "compute", "/os-keypairs", "keypairs", "keypair", 1)
SERVER_GROUP = Kind("server_group", "compute", "/os-server-groups", "server_groups", "server_group", 1)
