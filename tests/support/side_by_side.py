"""Tests in several workers (`pytest --numprocesses`): what one worker must have together, and what begins first.

Each worker has a cloud of its own. No test has the machine for itself: what it says of durations holds on a busy one.
"""

from __future__ import annotations

import fnmatch
import re

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

FULL = "the full cloud"
"""What the tests of `full_cloud` share."""

#: What the tests of several files share, as it takes long to make; those of one file share something anyway.
TOGETHER = {
    "tests/integration/scenarios/test_compute.py": "the runs of servers_season.py",
    "tests/integration/scenarios/test_volume.py": "the runs of servers_season.py",
    "tests/integration/scenarios/test_endpoints.py": "the runs of common_season.py",
    "tests/integration/scenarios/test_identity.py": "the runs of common_season.py",
    "tests/integration/scenarios/test_image.py": "the runs of common_season.py",
    "tests/integration/scenarios/test_network.py": "the runs of common_season.py",
    "tests/integration/test_pocketcloud_optional.py": FULL,
    "tests/integration/test_sweep_optional.py": FULL,
    "tests/integration/test_sweep_balancers.py": FULL,
    "tests/integration/scenarios/test_object_store.py": FULL,
    "tests/integration/scenarios/test_orchestration.py": FULL,
    "tests/integration/scenarios/test_secrets_scenario.py": FULL,
    "tests/integration/test_pocketcloud_balancers.py": FULL,
    "tests/integration/test_pocketcloud_names.py": FULL,
    "tests/integration/test_pocketcloud_shares.py": FULL,
    "tests/integration/scenarios/test_load_balancer.py": FULL,
    "tests/integration/scenarios/test_dns_zone.py": FULL,
    "tests/integration/scenarios/test_shared_file_system.py": FULL,
    "tests/integration/scenarios/test_security_groups.py": "the runs of network_season.py",
    "tests/integration/scenarios/test_allowed_address_pairs.py": "the runs of network_season.py",
    "tests/integration/scenarios/test_volume_backup.py": "the runs of volume_season.py",
    "tests/integration/scenarios/test_volume_transfer.py": "the runs of volume_season.py",
    "tests/integration/scenarios/test_volume_types.py": "the runs of volume_season.py",
    "tests/integration/scenarios/test_quota_optional.py": FULL,
    "tests/zuul/test_static.py": "nothing",
    "tests/zuul/*": "a Zuul",
    "tests/guests/scenarios/*": "the fair run of scenarios with guests",
    "tests/guests/scenarios/test_killed_with_guests.py": "killed runs of scenarios with guests",
    "tests/guests/*": "guests",
}
RUN = re.compile(r"\[(storm \d+)\b")
"""In the id of a test that shares an expensive run with some of its file only."""


def scope(test: str) -> str:
    """The tests of one scope go to one worker, in a row. ``test`` is a test's node id."""
    if shared := RUN.search(test):
        return shared[1]
    file = test.partition("::")[0]
    exact = TOGETHER.get(file)
    return exact or next((what for pattern, what in TOGETHER.items() if fnmatch.fnmatch(file, pattern)), file)


#: What takes longest begins first, so that no worker is left with it when the others have finished. Where the cache is
#: empty, the first makes what all clouds need, and the second needs no cloud.
FIRST = (
    "a Zuul",
    "tests/integration/graphite/test_delivery.py",
    "tests/github/test_workflow.py",
    "tests/integration/test_killed_runs.py",
    FULL,
    "tests/integration/scenarios/test_server_lives.py",
    "tests/integration/test_older_cloud.py",
    "tests/integration/scenarios/test_server_places.py",
    "tests/integration/test_tutorial.py",
    "the runs of servers_season.py",
    "the runs of volume_season.py",
)


class ByFile(LoadScopeScheduling):
    """Gives whole scopes to workers, files mostly, in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Whatever `--dist` says."""
    config.option.loadscopereorder = False
    return ByFile(config, log)


def in_order(items: list[pytest.Item]) -> None:
    """Put the longest first, the rest stays as it was found."""
    rank = {what: number for number, what in enumerate(FIRST)}
    items.sort(key=lambda item: rank.get(scope(item.nodeid), len(FIRST)))
