"""Tests in several workers (`pytest --numprocesses`): what one worker must have together, and who must run alone.

Each worker has a cloud of its own. A test that measures time closely is marked `alone`: while it runs, the others wait.
"""

from __future__ import annotations

import fcntl
import fnmatch
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

#: What the tests of several files share, as it takes long to make; those of one file share something anyway.
TOGETHER = {
    "tests/integration/scenarios/test_compute.py": "the runs of faulty.py",
    "tests/integration/scenarios/test_volume.py": "the runs of faulty.py",
    "tests/integration/scenarios/test_endpoints.py": "the runs of storms.py",
    "tests/integration/scenarios/test_identity.py": "the runs of storms.py",
    "tests/integration/scenarios/test_image.py": "the runs of storms.py",
    "tests/integration/scenarios/test_network.py": "the runs of storms.py",
    "tests/integration/test_pocketcloud_optional.py": "the full cloud",
    "tests/integration/test_sweep_optional.py": "the full cloud",
    "tests/integration/test_sweep_balancers.py": "the full cloud",
    "tests/integration/scenarios/test_object_store.py": "the full cloud",
    "tests/integration/scenarios/test_orchestration.py": "the full cloud",
    "tests/integration/scenarios/test_secrets_scenario.py": "the full cloud",
    "tests/integration/test_pocketcloud_balancers.py": "the full cloud",
    "tests/integration/test_pocketcloud_names.py": "the full cloud",
    "tests/integration/test_pocketcloud_shares.py": "the full cloud",
    "tests/integration/scenarios/test_load_balancer.py": "the full cloud",
    "tests/integration/scenarios/test_dns_zone.py": "the full cloud",
    "tests/integration/scenarios/test_shared_file_system.py": "the full cloud",
    "tests/integration/scenarios/test_security_groups.py": "the runs of network_season.py",
    "tests/integration/scenarios/test_allowed_address_pairs.py": "the runs of network_season.py",
    "tests/integration/scenarios/test_volume_backup.py": "the runs of volume_season.py",
    "tests/integration/scenarios/test_volume_transfer.py": "the runs of volume_season.py",
    "tests/integration/scenarios/test_volume_types.py": "the runs of volume_season.py",
    "tests/integration/scenarios/test_quota_optional.py": "the full cloud",
    "tests/zuul/test_static.py": "nothing",
    "tests/zuul/*": "a Zuul",
    # one cloud with guests for scenarios, and one for all else
    "tests/guests/scenarios/*": "scenarios with guests",
    "tests/guests/*": "guests",
}


class Turns:
    """Who may run now. The locks of files are the kernel's: a worker that dies holds up nobody.

    :param directory: the same for all workers of a session.
    """

    def __init__(self, directory: Path) -> None:
        self._door, self._room = (os.open(directory / name, os.O_RDWR | os.O_CREAT) for name in ("door", "room"))
        self._alone: bool | None = None

    def enter(self, alone: bool) -> None:
        """Return when a test may run; at once when this worker has a turn of that kind already."""
        if self._alone is alone:
            return
        self.leave()
        fcntl.flock(self._door, fcntl.LOCK_EX)  # who is alone keeps it, so that nobody follows those in the room
        fcntl.flock(self._room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(self._door, fcntl.LOCK_UN)
        self._alone = alone

    def leave(self) -> None:
        """Let the others have their turn."""
        for lock in (self._room, self._door):
            fcntl.flock(lock, fcntl.LOCK_UN)
        self._alone = None


TURNS = pytest.StashKey[Turns]()


class ByFile(LoadScopeScheduling):
    """Gives whole files to workers, in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((what for pattern, what in TOGETHER.items() if fnmatch.fnmatch(file, pattern)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Whatever `--dist` says."""
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Let a worker take turns with the others of its session."""
    if hasattr(config, "workerinput"):
        config.stash[TURNS] = Turns(Path(config.option.basetemp).parent)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that run alone come first: later they would have to wait for the end of what others have begun."""
    items.sort(key=lambda item: not is_alone(item))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Let a test run, with all that its fixtures do, when it is its turn. Those that run alone follow each other."""
    turns = item.config.stash.get(TURNS, None)
    if turns is not None:
        turns.enter(is_alone(item))
    try:
        return (yield)
    finally:
        if turns is not None and not (is_alone(item) and nextitem is not None and is_alone(nextitem)):
            turns.leave()


def is_alone(item: pytest.Item) -> bool:
    """Whether a test must have the machine for itself."""
    return item.get_closest_marker("alone") is not None
