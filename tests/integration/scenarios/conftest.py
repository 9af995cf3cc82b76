"""What the tests of all scenarios share: runs against the embedded cloud, and the proof that nothing is left of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud

from tests.integration.conftest import Inventory, Rules, inventory, settled_inventory
from tests.integration.probing import Command, Finished


@pytest.fixture
def command(cloud: Cloud, tmp_path: Path) -> Command:
    """The command ``stackprobe`` for the embedded cloud."""
    return Command(cloud.clouds_yaml, tmp_path / "state")


@pytest.fixture(scope="session")
def untouched(admin: Connection) -> Inventory:
    """Everything in the cloud before the first run of these tests."""
    return inventory(admin)


@pytest.fixture
def probe(
    command: Command, faults: Callable[[Rules], None], tmp_path: Path, untouched: Inventory
) -> Callable[..., Finished]:
    """Call it with faults and scenarios for a run; see :meth:`Command.run` for more arguments."""

    def run(rules: Rules, *scenarios: str, **more: object) -> Finished:
        faults(rules)
        return command.run(tmp_path / "run", *scenarios, **more)  # type: ignore[arg-type]

    return run


@pytest.fixture
def nothing_left(admin: Connection, untouched: Inventory) -> Callable[[], None]:
    """Call it to compare every resource of every project with what was there before."""

    def compare() -> None:
        now = settled_inventory(admin, untouched, patience_s=5.0)
        assert _beyond(now, untouched) == {}, "left over"
        assert _beyond(untouched, now) == {}, "deleted, and nobody asked for it"

    return compare


def _beyond(one: Inventory, other: Inventory) -> Inventory:
    """What is in one inventory and not in the other."""
    more = {
        kind: {key: name for key, name in found.items() if key not in other.get(kind, {})}
        for kind, found in one.items()
    }
    return {kind: found for kind, found in more.items() if found}
