"""What SDK methods return, as plain data that fits into JSON and into a scenario's templates."""

from __future__ import annotations

import datetime
import hashlib
import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import requests
from openstack.resource import Resource

MAX_ITEMS = 1000
"""Of a longer list only so many items are kept: a scenario looks for its own things, not for everybody's."""


def plain(value: Any) -> Any:
    """``value`` in dicts, lists, strings, numbers, booleans and None.

    Content becomes its size in bytes and its digests (``size``, ``md5``, ``sha256``, ``sha512``); a raw HTTP response
    additionally its ``status``, its ``headers``, by names in lower case, and what it says in ``json``, if that was
    asked for.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Resource):
        return {key: plain(item) for key, item in value.to_dict(computed=False, ignore_none=False).items()}
    if isinstance(value, bytes | bytearray):
        return _content(bytes(value))
    if isinstance(value, requests.Response):
        headers = {name.lower(): text for name, text in value.headers.items()}
        return {"status": value.status_code, "headers": headers, "json": _json(value), **_content(value.content)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, Iterable):
        return [plain(item) for item in itertools.islice(value, MAX_ITEMS)]
    return str(value)


def _json(response: requests.Response) -> Any:
    accepted = response.request.headers.get("Accept", "*/*") if response.request else "*/*"
    if "json" not in response.headers.get("Content-Type", "") or not ("json" in accepted or "*/*" in accepted):
        return None  # who asked for content (a secret's payload, say) gets its digests, whatever it is
    try:
        return response.json()
    except ValueError:
        return None


def _content(data: bytes) -> dict[str, Any]:
    digests = {name: hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("md5", "sha256", "sha512")}
    return {"size": len(data), **digests}
