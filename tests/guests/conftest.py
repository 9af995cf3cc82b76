"""A cloud with guests, a customer's network in it, and two guests: made once for all tests of this directory.

POCKETCLOUD_GUESTS_DIR=DIR uses the cloud with guests that already runs in DIR, and leaves it running.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import openstack
import pytest
from pocketcloud.cloud import Cloud

from tests.guests.customer import Customer
from tests.guests.outside import Outside
from tests.support import packages
from tests.support.clouds import connect


@pytest.fixture(scope="session", autouse=True)
def machine() -> None:
    """What these tests need of the machine. Skips where it is missing, and names it."""
    if absent := packages.missing("guests"):
        pytest.skip(f"needs apt-get install {' '.join(absent)}")
    if os.geteuid() != 0:
        pytest.skip("needs root, for network namespaces")


@pytest.fixture(scope="session")
def cloud(machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A running cloud with guests."""
    if given := os.environ.get("POCKETCLOUD_GUESTS_DIR"):
        yield Cloud(given)
        return
    one = Cloud(tmp_path_factory.mktemp("guests") / "cloud")
    one.up(guests=True, extra=["octavia"])
    try:
        yield one
    finally:
        one.down()


@pytest.fixture(scope="session")
def demo(cloud: Cloud) -> openstack.connection.Connection:
    """A customer of the cloud."""
    return connect(cloud.clouds_yaml, "demo")


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key, and beside it the public one."""
    return Outside.make_key(tmp_path_factory.mktemp("key") / "id")


@pytest.fixture(scope="session")
def outside(cloud: Cloud, key: Path) -> Outside:
    """Where floating IPs are reached."""
    return Outside(cloud.outside, key)


@pytest.fixture(scope="session")
def customer(demo: openstack.connection.Connection, outside: Outside, key: Path) -> Iterator[Customer]:
    """Somebody with a network, a router and open ports, and two guests of whom the first has a floating IP."""
    one = Customer(demo, outside, "tests")
    one.furnish(key.with_suffix(".pub").read_text())
    try:
        one.boot("first", user_data="#!/bin/sh\necho from the user data > /var/tmp/evidence\n")
        one.boot("second")
        one.give_address("first")
        outside.login(one.address)
        yield one
    finally:
        one.leave()
