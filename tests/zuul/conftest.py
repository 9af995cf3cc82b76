"""A genuine Zuul for the tests: one rig a session, with all tenants of `tenants/`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.zuul.rig import Rig, packages


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    """A running Zuul. Skips where packages are missing, and names them."""
    if absent := packages.missing():
        pytest.skip(f"a real Zuul needs: apt-get install {' '.join(absent)}")
    with Rig() as one:
        yield one
