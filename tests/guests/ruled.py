"""Faults that are in force for a while, and what the tests of them share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from pocketcloud.cloud import Cloud

from tests.guests.customer import Customer
from tests.guests.outside import Outside, Refused, until

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


def rebooted(customer: Customer) -> None:
    """The first guest boots again, from nothing."""
    customer.cloud.compute.reboot_server(customer.servers["first"], "HARD")
    customer.wait("first", "ACTIVE")


def another_key_is_refused(cloud: Cloud, customer: Customer, outside: Outside) -> None:
    """Assert that the first guest, booted with another key, refuses the one ordered until the rule goes."""
    with ruled(cloud, {"driver": "guest_key", "name": FIRST}):
        rebooted(customer)

        def refused() -> bool:
            with pytest.raises(Refused) as caught:
                outside.ssh(customer.address, "true")
            return "Permission denied" in str(caught.value)

        until(refused, "login refused")
    rebooted(customer)
    outside.login(customer.address)
