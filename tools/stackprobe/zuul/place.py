"""From the address of a tenant's web page to those of its builds and of its API."""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass

from stackprobe.web import check_address

_TENANT = re.compile(r"(?P<root>.*?)/(?:t|api/tenant)/(?P<tenant>[^/]+)(?:/.*)?")
_EXAMPLE = "https://zuul.example.org/t/TENANT"


@dataclass(frozen=True)
class Place:
    """Where a tenant is.

    :ivar page: address of its pages, such as ``https://zuul.example.org/t/acme``, or white-label ``https://zuul.acme.org``.
    :ivar api: base address of its API, ``https://zuul.example.org/api/tenant/acme`` or ``https://zuul.acme.org/api``.
    """

    page: str
    api: str

    def build_page(self, uuid: str) -> str:
        """The page of a build."""
        return f"{self.page}/build/{urllib.parse.quote(uuid, safe='')}"


def parse_place(url: str) -> Place:
    """The place that an address of a tenant's pages (or of its API) says.

    :raises stackprobe.errors.UsageError: it is malformed.
    """
    parts = urllib.parse.urlsplit(check_address(url.strip(), "Zuul", _EXAMPLE))
    host = f"{parts.scheme}://{parts.netloc}"
    path = parts.path.rstrip("/")
    if match := _TENANT.fullmatch(path):
        return Place(
            f"{host}{match['root']}/t/{match['tenant']}", f"{host}{match['root']}/api/tenant/{match['tenant']}"
        )
    root = host + re.sub(r"/(?:status|builds|jobs|api)$", "", path)
    return Place(root, f"{root}/api")
