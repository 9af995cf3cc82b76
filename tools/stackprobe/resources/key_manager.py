"""Secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openstack.connection import Connection

from stackprobe.resources.kind import Found, Kind
from stackprobe.resources.rest import MalformedAnswer, request

_PAGE = 100  # the most that barbican gives at once
_MAX_PAGES = 1000


class Secret(Kind):
    """Barbican lists those of the token's project, page by page, and names each by an address that ends with its id."""

    def _one(self, connection: Connection, identity: str) -> str:
        return f"{self.path}/{identity.rpartition('/')[2]}"

    def _list(self, connection: Connection, query: Mapping[str, str], prefix: str | None = None) -> list[Found]:
        found: list[Found] = []
        for page in range(_MAX_PAGES):
            params = {**query, "limit": _PAGE, "offset": page * _PAGE}
            body = request(connection, self.service, "GET", self.path, params=params)
            items = body.get(self.plural) if isinstance(body, dict) else None
            if not isinstance(items, list):
                raise MalformedAnswer(f"the answer to GET {self.path} holds no list of `{self.plural}`")
            found += [self._found(item, prefix) for item in items]
            if len(items) < _PAGE:
                break
        return found

    def _found(self, item: Mapping[str, Any], prefix: str | None) -> Found:
        return super()._found({**item, "id": str(item["secret_ref"]).rpartition("/")[2]}, prefix)


SECRET = Secret("secret", "key_manager", "/secrets", "secrets", None, 3, created_in="created")
