"""URLs as people group them: a template without ids, a resource for the metric name, and the service that answers."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_VERSION = re.compile(r"^v\d+(\.\d+)?$")
_ACCOUNT = re.compile(r"^AUTH_|[0-9a-f]{32}")
_OPAQUE = re.compile(r"\d|[^a-z_.-]", re.ASCII)  # ids, names and dates: something with a digit or a capital
_STORED = ("{account}", "{container}", "{object}")
# fmt: off
_WORDS = frozenset({
    "detail", "summary", "default", "tags", "metadata", "action", "actions", "deactivate", "reactivate",
    "file", "stage", "import", "schemas", "remote-consoles", "add_router_interface", "remove_router_interface",
    "add_external_gateways", "catalog", "projects",
})
# fmt: on


def template(url: str, service: str = "") -> str:
    """The path of ``url`` with every id or name replaced by ``{id}``; the query, which may hold secrets, is dropped.

    :param service: the catalog type of the service that it belongs to; an object store's paths are all names.

    >>> template("http://127.0.0.1:8774/v2.1/servers/6f1b3a1e-6b1c-4a63-9df5-9d1f0d1f4a55/action")
    '/v2.1/servers/{id}/action'
    """
    parts = [part for part in urlsplit(url).path.split("/") if part]
    version = next((index for index, part in enumerate(parts) if _VERSION.match(part)), 0)
    parts = parts[version:]  # what a cloud puts in front ("/compute/v2.1") is told by the service
    if service == "object-store" and parts and _VERSION.match(parts[0]):
        return "/" + "/".join([parts[0], *_stored(parts[1:])])
    known: list[str] = []
    for index, part in enumerate(parts):
        after_collection = index > 0 and parts[index - 1].endswith("s") and known[-1] != "{id}"
        if _VERSION.match(part) or part in _WORDS:
            known.append(part)
        elif after_collection or _OPAQUE.search(part):
            known.append("{id}")
        else:
            known.append(part)
    return "/" + "/".join(known)


def _stored(parts: list[str]) -> list[str]:
    """The account, if it is in the path, the container, and the object, whose name may have slashes."""
    account = ["{account}"] if parts and _ACCOUNT.search(parts[0]) else []
    return account + ["{container}", "{object}"][: len(parts) - len(account)]


def resource(path: str) -> str:
    """The metric name of a URL template, as openstacksdk groups requests (``openstack/proxy.py``, ``_extract_name``).

    >>> resource("/v2.1/servers/{id}/action"), resource("/v2.1/servers/detail"), resource("/v3/auth/tokens")
    ('server_action', 'servers_detail', 'tokens')
    >>> resource("/")
    'discovery'
    >>> resource("/v1/{account}/{container}")
    'container'
    """
    parts: list[str] = []
    for part in path.split("/"):
        if not part or _VERSION.match(part):
            continue
        if part in _STORED:
            parts = [part.strip("{}")]
            continue
        if part == "{id}":
            if parts:
                parts[-1] = _singular(parts[-1])
            continue
        parts.append(part)
    if parts[:2] == ["auth", "tokens"]:
        return "tokens"
    return "_".join(parts) or "discovery"


def _singular(plural: str) -> str:
    if plural.endswith("ies"):
        return plural[:-3] + "y"
    return plural[:-1] if plural.endswith("s") else plural


class EndpointMap:
    """Tells which service a URL belongs to, by the longest endpoint of the catalog that it starts with."""

    def __init__(self) -> None:
        self._by_prefix: list[tuple[str, str]] = []

    def add(self, endpoint: str, service: str) -> None:
        """Learn that ``endpoint`` (with or without version and project) belongs to ``service`` (its catalog type)."""
        split = urlsplit(endpoint)
        path = re.sub(r"(/v\d+(\.\d+)?)?(/[^/]*[0-9a-f]{32}[^/]*)?/*$", "", split.path)
        prefix = f"{split.scheme}://{split.netloc}{path}"
        if (prefix, service) not in self._by_prefix:
            self._by_prefix = sorted([*self._by_prefix, (prefix, service)], key=lambda pair: -len(pair[0]))

    def service(self, url: str) -> str:
        """The catalog type of the service at ``url``; ``unknown`` for a URL outside the catalog."""
        for prefix, service in self._by_prefix:
            if url == prefix or url.startswith((prefix + "/", prefix + "?")):
                return service
        return "unknown"
