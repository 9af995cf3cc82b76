"""The few REST verbs that the resource kinds need, the same under every release of openstacksdk.

openstacksdk renames arguments and attributes of its resource methods between releases (``subnet_id`` became
``subnet``); the APIs underneath do not change. Requests go through the connection's own session, so that whoever
records its calls sees these too.
"""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterator, Mapping
from typing import Any

import openstack.exceptions
from openstack.connection import Connection

_MAX_PAGES = 1000


class MalformedAnswer(openstack.exceptions.SDKException):  # type: ignore[misc, unused-ignore]
    """The cloud said that it succeeded, but its answer is not what its API promises."""


def request(connection: Connection, service: str, method: str, path: str, **arguments: Any) -> Any:
    """The decoded body of an answer; None when it has none.

    :param service: attribute of the connection, such as "block_storage".
    :raises openstack.exceptions.HttpException: the answer is an error.
    :raises keystoneauth1.exceptions.ClientException: there was no answer, or no such service.
    """
    response = getattr(connection, service).request(path, method, **arguments)
    openstack.exceptions.raise_from_response(response)
    if response.status_code == 204 or not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        if method == "DELETE":
            return None
        raise MalformedAnswer(f"the answer to {method} {path} is no JSON") from None


def pages(
    connection: Connection, service: str, path: str, plural: str, query: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Everything in a collection, page by page.

    :raises MalformedAnswer: an answer lacks the collection.
    """
    marker: dict[str, str] = {}
    for _ in range(_MAX_PAGES):
        body = request(connection, service, "GET", path, params={**query, **marker})
        items = body.get(plural) if isinstance(body, dict) else None
        if not isinstance(items, list):
            raise MalformedAnswer(f"the answer to GET {path} holds no list of `{plural}`")
        yield from items
        links = body.get("links")  # as in the DNS API; others have a list of them, or one beside the collection
        more = body.get("next") or any(link.get("rel") == "next" for link in body.get(f"{plural}_links") or ())
        more = more or (isinstance(links, dict) and links.get("next"))
        last = items[-1].get("id") if items else None
        if not more or not last or marker.get("marker") == last:
            return
        marker = {"marker": last}


def own_project(connection: Connection) -> str:
    """The project of the connection's token.

    :raises openstack.exceptions.SDKException: the token is not for a project.
    """
    project_id = connection.current_project_id
    if not project_id:
        raise openstack.exceptions.SDKException("the credentials are not for a project; add `project_name` to `auth`")
    return str(project_id)


def in_catalog(connection: Connection, service_type: str) -> bool:
    """Whether the catalog has an endpoint of the service in the connection's region. Nothing is asked of the service.

    :raises keystoneauth1.exceptions.ClientException: authentication failed.
    """
    if connection.config.get_endpoint(service_type):
        return True  # named in clouds.yaml
    get_access = getattr(connection.session.auth, "get_access", None)
    if get_access is None:  # an authentication without a catalog
        return bool(connection.has_service(service_type))
    catalog = get_access(connection.session).service_catalog
    found = catalog.get_endpoints_data(
        service_type=service_type,
        interface=connection.config.get_interface(service_type),
        region_name=connection.config.get_region_name(service_type),
    )
    return any(found.values())


def seconds_of(stamp: Any) -> float | None:
    """An API's time stamp (UTC, with or without "Z" and fractions) as seconds since 1970; None when it is none."""
    try:
        return float(calendar.timegm(time.strptime(str(stamp)[:19], "%Y-%m-%dT%H:%M:%S")))
    except ValueError:
        return None
