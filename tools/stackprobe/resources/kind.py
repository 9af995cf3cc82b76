"""What every kind of resource can do: be found by name, be deleted, be waited for until it is gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import keystoneauth1.exceptions
import openstack.exceptions
from openstack.connection import Connection

from stackprobe.naming import RunId, owner_of
from stackprobe.resources.rest import MalformedAnswer, in_catalog, own_project, pages, request, seconds_of

POLL_INTERVAL_S = 1.0


@dataclass(frozen=True)
class Found:
    """A resource that exists.

    :param kind: its kind, a key of KINDS.
    :param name: the text that tells whose it is: its name, or its description where the API knows no name.
    :param owner: the run that made it, in answers of :meth:`Kind.leftovers`.
    :param created: when it was made by the cloud's clock, seconds since 1970; None when the API does not say.
    :param status: as the API gives it, in lower case; "" when it has none.
    """

    kind: str
    id: str
    name: str
    owner: RunId | None
    created: float | None
    status: str


class StillThere(Exception):
    """A resource that was deleted is still there at the deadline.

    :param status: the last status that the cloud gave.
    """

    def __init__(self, kind: str, identity: str, status: str) -> None:
        super().__init__(f"the {kind.replace('_', ' ')} {identity} is still there, with status {status or 'unknown'}")
        self.kind, self.identity, self.status = kind, identity, status


@dataclass(frozen=True)
class Kind:
    """A kind of resource, by default one whose API follows the common form.

    :param name: key in KINDS.
    :param service: attribute of a connection: compute, block_storage…
    :param path: its collection, as in "/networks".
    :param plural: key of a list of them in an answer.
    :param singular: key of one of them in an answer; None when the answer is the resource itself.
    :param order: kinds of a lower order are deleted first; those of one order in parallel.
    :param listing: the path that lists with details, if not ``path``.
    :param carrier: the attribute that carries the name.
    :param created_in: the attribute with the time of its creation.
    :param settles_s: how long after a delete it is useless to ask whether it is gone (s): for services that answer
        before they begin.
    :param known_by_name: its id is the name that we give it, which no answer repeats.
    :param of_project: the query that keeps the list to a project; admins see everybody's.
    """

    name: str
    service: str
    path: str
    plural: str
    singular: str | None
    order: int
    listing: str | None = None
    carrier: str = "name"
    of_project: Callable[[str], Mapping[str, str]] = lambda project_id: {}
    created_in: str = "created_at"
    settles_s: float = 0.0
    known_by_name: bool = False

    def find(self, connection: Connection, name: str) -> list[Found]:
        """The resources of the token's own project with exactly this name.

        :raises openstack.exceptions.SDKException, keystoneauth1.exceptions.ClientException: the cloud did not answer.
        """
        return [found for found in self._list(connection, {self.carrier: name}) if found.name == name]

    def leftovers(self, connection: Connection, prefix: str) -> list[Found]:
        """The resources of the token's own project that a run of ``prefix`` made; see :meth:`find` for errors."""
        return [found for found in self._list(connection, self._narrowed(prefix), prefix) if found.owner is not None]

    def delete(self, connection: Connection, identity: str, deadline: float) -> None:
        """Ask the cloud to delete a resource with what hangs on it; one that is gone already is fine.

        :param deadline: on the monotonic clock; nothing more is sent after it.
        :raises openstack.exceptions.HttpException: refused; ConflictException or BadRequestException often mean: not
            yet, something else has to go first.
        """
        self._prepare_deletion(connection, identity, deadline)
        self._request_gone(connection, "DELETE", self._deletion(connection, identity))

    def is_gone(self, connection: Connection, identity: str) -> bool:
        """Whether the resource does not exist (any more); see :meth:`find` for errors."""
        return self._status(connection, identity) is None

    def wait_gone(self, connection: Connection, identity: str, deadline: float) -> None:
        """Return as soon as the resource is gone, asking at most once a second.

        :param deadline: on the monotonic clock.
        :raises StillThere: it is not gone at the deadline, or the cloud has given up deleting it.
        :raises openstack.exceptions.SDKException, keystoneauth1.exceptions.ClientException: the cloud could not say at
            the deadline; errors before are waited out.
        """
        time.sleep(min(self.settles_s, max(0.0, deadline - time.monotonic())))
        while True:
            trouble: Exception | None = None
            status: str | None = ""
            try:
                status = self._status(connection, identity)
            except (openstack.exceptions.SDKException, keystoneauth1.exceptions.ClientException) as error:
                trouble = error
            if status is None:
                return
            if "error_deleting" in status:
                raise StillThere(self.name, identity, status)
            if time.monotonic() + POLL_INTERVAL_S >= deadline:
                raise trouble or StillThere(self.name, identity, status)
            time.sleep(POLL_INTERVAL_S)

    def present(self, connection: Connection) -> bool:
        """Whether the cloud has the service at all, by its catalog."""
        return in_catalog(connection, self.service.replace("_", "-"))

    def _list(self, connection: Connection, query: Mapping[str, str], prefix: str | None = None) -> list[Found]:
        project_id = own_project(connection)
        scoped = {**query, **self.of_project(project_id)}
        return [
            self._found(item, prefix)
            for item in pages(connection, self.service, self._listing(connection), self.plural, scoped)
            if self._in_project(item, project_id)
        ]

    def _found(self, item: Mapping[str, Any], prefix: str | None) -> Found:
        name = str(item.get(self.carrier) or "")
        return Found(
            kind=self.name,
            id=str(item["id"]),
            name=name,
            owner=self._owner(name, prefix) if prefix else None,
            created=seconds_of(item.get(self.created_in)),
            status=str(item.get("status") or "").lower(),
        )

    def _owner(self, name: str, prefix: str) -> RunId | None:
        return owner_of(name, prefix)

    def _narrowed(self, prefix: str) -> Mapping[str, str]:
        """A query that spares the cloud the listing of what cannot be ours, where the API can tell."""
        return {}

    def _in_project(self, item: Mapping[str, Any], project_id: str) -> bool:
        """A second look at what an admin's list holds, in case that the cloud ignores the query."""
        owner = _first(item, "project_id", "tenant_id", "owner", "os-vol-tenant-attr:tenant_id")
        return owner is None or owner == project_id

    def _prepare_deletion(self, connection: Connection, identity: str, deadline: float) -> None:
        """Remove what keeps the resource from being deleted."""

    def _status(self, connection: Connection, identity: str) -> str | None:
        """The resource's status in lower case, None when it is gone."""
        body = self._request_gone(connection, "GET", self._one(connection, identity))
        if body is None:
            return None
        item = body.get(self.singular) if self.singular and isinstance(body, dict) else body
        if not isinstance(item, dict):
            raise MalformedAnswer(f"the answer to GET {self.path}/{identity} holds no {self.name}")
        return str(item.get("status") or "").lower()

    def _listing(self, connection: Connection) -> str:
        return self.listing or self.path

    def _deletion(self, connection: Connection, identity: str) -> str:
        """The path, with a query where one is needed, that deletes a resource."""
        return self._one(connection, identity)

    def _one(self, connection: Connection, identity: str) -> str:
        return f"{self.path}/{identity}"

    def _request_gone(self, connection: Connection, method: str, path: str, **arguments: Any) -> Any:
        """The answer, None when the resource is gone."""
        try:
            return request(connection, self.service, method, path, **arguments)
        except openstack.exceptions.NotFoundException:
            return None


def _first(item: Mapping[str, Any], *keys: str) -> Any:
    values: Iterable[Any] = (item[key] for key in keys if item.get(key))
    return next(iter(values), None)
