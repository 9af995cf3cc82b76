"""Quotas of secrets: the limit, and how many there are."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import openstack.connection

from stackprobe.quota.model import Quota, Unreadable, member
from stackprobe.resources.rest import request


def read(connection: openstack.connection.Connection, _wanted: Collection[str]) -> Mapping[str, Quota]:
    """The quotas of secrets."""
    limits = member(request(connection, "key_manager", "GET", "/quotas"), "quotas")
    if "secrets" not in limits:
        raise Unreadable("the answer holds no quota of secrets")
    total = member(request(connection, "key_manager", "GET", "/secrets", params={"limit": 1})).get("total")
    return {"secrets": Quota.of("secrets", limits["secrets"], total)}
