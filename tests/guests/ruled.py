"""Faults that are in force for a while, and what the tests of them share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from pocketcloud.cloud import Cloud

from tests.guests.outside import Outside

FIRST, SECOND = "tests-first$", "tests-second$"
METADATA = "curl -sf -m 1 http://169.254.169.254"


@contextlib.contextmanager
def ruled(cloud: Cloud, *rules: dict[str, Any]) -> Iterator[None]:
    """These rules are in force inside."""
    cloud.faults(list(rules))
    try:
        yield
    finally:
        cloud.faults()


def pings_once(outside: Outside, address: str) -> bool:
    """Whether a ping is answered within half a second."""
    return outside.run("ping", "-q", "-c", "1", "-W", "0.5", address).returncode == 0
