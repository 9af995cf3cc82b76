"""Kinds of resources that a scenario declares in its scenario.yaml: those of vendors, say, which nobody knows here.

Only such a declaration lets a scenario make them: whoever makes something must be able to find it by its name when the
run that made it is dead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import openstack.exceptions
from openstack.connection import Connection

from stackprobe.resources.kind import Found, Kind
from stackprobe.resources.rest import in_catalog, own_project
from stackprobe.vendor import problem_of

KEYS = ("service", "path", "plural", "singular", "type", "order", "name_in", "created_in")
"""What a declaration may say."""
_REQUIRED = ("service", "path", "plural")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ORDER = 3


class DeclarationError(ValueError):
    """A declaration that cannot be used.

    :ivar key: which of its keys is at fault, if a single one is.
    """

    def __init__(self, message: str, key: str | None = None) -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True)
class DeclaredKind(Kind):
    """A kind whose API follows the common form: a list of all, JSON, names, ``DELETE`` and 404 when it is gone.

    In ``path``, ``{project_id}`` stands for the token's project.

    :param catalog_type: the type of the service in the catalog.
    """

    catalog_type: str = ""

    def find(self, connection: Connection, name: str) -> list[Found]:
        # without a query: an API that nobody knows here may take it for a mistake
        return [found for found in self._list(connection, {}) if found.name == name]

    def _listing(self, connection: Connection) -> str:
        return self.path.replace("{project_id}", own_project(connection))

    def _one(self, connection: Connection, identity: str) -> str:
        return f"{self._listing(connection)}/{identity}"

    def present(self, connection: Connection) -> bool:
        if not in_catalog(connection, self.catalog_type):
            return False
        if not hasattr(connection, self.service):
            reason = problem_of(connection) or "clouds.yaml names no vendor_hook that adds it"
            raise openstack.exceptions.SDKException(f"openstacksdk has no service {self.service}: {reason}")
        return True


def read(name: str, data: Any) -> DeclaredKind:
    """A kind as scenario.yaml declares it.

    :raises DeclarationError: see there.
    """
    if not _NAME.fullmatch(name):
        raise DeclarationError("a kind's name is lower-case letters, digits and _, the first a letter")
    if not isinstance(data, Mapping):
        raise DeclarationError(f"a kind of resource must be a mapping with {', '.join(_REQUIRED)}")
    for key, value in data.items():
        if key not in KEYS:
            raise DeclarationError(f"unknown key `{key}`; known ones are {', '.join(KEYS)}", str(key))
        wanted: type = int if key == "order" else str
        if not isinstance(value, wanted) or isinstance(value, bool) or value == "":
            raise DeclarationError(f"`{key}` must be {'a whole number' if wanted is int else 'a text'}", str(key))
    missing = [key for key in _REQUIRED if key not in data]
    if missing:
        raise DeclarationError(f"the kind `{name}` lacks `{missing[0]}`")
    if not str(data["path"]).startswith("/"):
        raise DeclarationError("`path` must begin with /", "path")
    service = str(data["service"])
    return DeclaredKind(
        name=name,
        service=service,
        path=str(data["path"]).rstrip("/"),
        plural=str(data["plural"]),
        singular=data.get("singular"),
        order=int(data.get("order", _ORDER)),
        carrier=str(data.get("name_in", "name")),
        created_in=str(data.get("created_in", "created_at")),
        catalog_type=str(data.get("type", service.replace("_", "-"))),
    )


def learn(known: dict[str, Kind], declared: Iterable[DeclaredKind]) -> None:
    """Add kinds to those that are known.

    :raises DeclarationError: one is known already, and is something else.
    """
    for kind in declared:
        if known.setdefault(kind.name, kind) != kind:
            raise DeclarationError(f"the kind of resource `{kind.name}` is known already, and is another one")
