"""Quotas of shares: one request."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import openstack.connection

from stackprobe.quota.model import Quota, from_limits, member
from stackprobe.resources.rest import request

_NAMES = {
    "shares": ("maxTotalShares", "totalSharesUsed"),
    "share_gigabytes": ("maxTotalShareGigabytes", "totalShareGigabytesUsed"),
}


def read(connection: openstack.connection.Connection, _wanted: Collection[str]) -> Mapping[str, Quota]:
    """The quotas of shares."""
    answer = request(connection, "shared_file_system", "GET", "/limits")
    return from_limits(member(answer, "limits", "absolute"), _NAMES)
