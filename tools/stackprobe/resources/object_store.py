"""Containers with what is in them, and single objects. Their names are all that they are known by."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import openstack.exceptions
from openstack.connection import Connection

from stackprobe.resources.kind import Found, Kind
from stackprobe.resources.rest import MalformedAnswer, request

_MAX_PAGES = 1000


class Stored(Kind):
    """Something that is asked for with HEAD, which tells no status."""

    def find(self, connection: Connection, name: str) -> list[Found]:
        there = self._status(connection, name) is not None
        return [Found(self.name, name, name, None, None, "")] if there else []

    def _status(self, connection: Connection, identity: str) -> str | None:
        try:
            request(connection, self.service, "HEAD", self._one(connection, identity))
        except openstack.exceptions.NotFoundException:
            return None
        return ""

    def _one(self, connection: Connection, identity: str) -> str:
        return f"/{quote(identity)}"


class Container(Stored):
    """Its objects go first: only an empty one can be deleted.

    A store may list an object for a while after it has gone, and refuse to delete the container: whoever deletes tries
    again.
    """

    def _list(self, connection: Connection, query: Mapping[str, str], prefix: str | None = None) -> list[Found]:
        begins = {"prefix": f"{prefix}-"} if prefix else {}
        return [self._found({"id": item["name"], **item}, prefix) for item in _listed(connection, "", begins)]

    def _prepare_deletion(self, connection: Connection, identity: str, deadline: float) -> None:
        for item in list(_listed(connection, self._one(connection, identity), {})):
            if time.monotonic() >= deadline:
                return
            self._request_gone(connection, "DELETE", f"{self._one(connection, identity)}/{quote(item['name'])}")


class StoredObject(Stored):
    """Named by its container and its own name, with a slash between. A dead run's ones go with their container."""

    def leftovers(self, connection: Connection, prefix: str) -> list[Found]:
        return []


def _listed(connection: Connection, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """What the account, or a container, lists, page by page; nothing where it does not exist.

    :raises MalformedAnswer: an answer is no list.
    """
    marker: dict[str, str] = {}
    for _ in range(_MAX_PAGES):
        params = {"format": "json", **query, **marker}
        try:
            items = request(connection, "object_store", "GET", path, params=params)
        except openstack.exceptions.NotFoundException:
            return
        if items is None:
            return
        if not isinstance(items, list):
            raise MalformedAnswer("the object store's listing is no list")
        yield from (item for item in items if isinstance(item, dict) and item.get("name"))
        last = items[-1].get("name") if items else None
        if not last or marker.get("marker") == last:
            return
        marker = {"marker": last}


CONTAINER = Container("container", "object_store", "", "", None, 4, created_in="last_modified", known_by_name=True)
OBJECT = StoredObject("object", "object_store", "", "", None, 3, known_by_name=True)
