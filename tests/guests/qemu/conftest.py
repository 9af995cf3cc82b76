"""A cloud whose guests are virtual machines, made once for the tests of this directory.

POCKETCLOUD_QEMU_DIR=DIR uses the one that already runs in DIR, and leaves it running.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pocketcloud.cloud import QEMU, Cloud

from tests.support import packages


@pytest.fixture(scope="session")
def cloud(machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A running cloud with virtual machines."""
    if given := os.environ.get("POCKETCLOUD_QEMU_DIR"):
        yield Cloud(given)
        return
    if absent := packages.missing("guests-qemu"):
        pytest.skip(f"needs apt-get install {' '.join(absent)}")
    one = Cloud(tmp_path_factory.mktemp("qemu") / "cloud")
    one.up(guests=True, hypervisor=QEMU)
    try:
        yield one
    finally:
        one.down()
