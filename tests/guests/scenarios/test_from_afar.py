"""Runs by older releases of Ansible, from a machine that reaches the cloud's API and a jump host, and nothing else.

Which releases: see tests/support/ansible_versions.py. Without STACKPROBE_TEST_ALL_ANSIBLES the one of this Python.
"""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from pocketcloud.guests.names import OUTSIDE
from stackprobe.results import Outcome

from tests.guests.scenarios.conftest import Options
from tests.guests.scenarios.jump_host import LOG, only_way_in
from tests.guests.scenarios.probing import GuestsRun, World, run_in_the_outside
from tests.guests.scenarios.season import in_peace
from tests.support import ansible_versions

#: Their tasks use most of what is special in Ansible: loops of included tasks with variables of their own, reckoning,
#: filters over what was registered, numbers for APIs, steps in the background, files of roles.
SCENARIOS: Mapping[str, Mapping[str, Any]] = {
    "east_west": {"guests": 2, "networks": ["10.98.0.0/24"], "routers": 1, "pings": 3},
    "port_forwarding": {"guests": 1},
    "guest_cpu": {},
}
PROGRAMS = ansible_versions.old_or_own()


@pytest.fixture(scope="module")
def access(roomy: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Any]]:
    """The jump host."""
    with only_way_in(roomy.outside, tmp_path_factory.mktemp("bastion")) as way:
        yield way


@pytest.fixture(scope="module")
def runs(
    roomy: Cloud,
    admin: Connection,
    options: Options,
    access: Mapping[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, GuestsRun]:
    """A run by each release, side by side; they leave nothing."""
    world = World(roomy, admin)
    roomy.faults()
    of_all = {name: {**in_peace(options[name]), **own, "access": dict(access)} for name, own in SCENARIOS.items()}

    directories = {name: tmp_path_factory.mktemp("afar") / "run" for name in PROGRAMS}

    def run(name: str) -> GuestsRun:
        by = ["--ansible-playbook", str(PROGRAMS[name]().path)]
        return run_in_the_outside(roomy, directories[name], SCENARIOS, options=of_all, inside=(), arguments=by)

    with ThreadPoolExecutor() as pool:
        found = dict(zip(PROGRAMS, pool.map(run, PROGRAMS), strict=True))
    assert ([one.results.leftovers for one in found.values()], world.left()) == ([0] * len(found), {})
    return found


@pytest.mark.thorough
@pytest.mark.parametrize("name", PROGRAMS)
def test_scenarios_pass_by_an_older_ansible_from_behind_a_jump_host(
    name: str, runs: Mapping[str, GuestsRun], access: Mapping[str, Any]
) -> None:
    run = runs[name]
    bad = {scenario: run.messages(scenario) for scenario in SCENARIOS}
    assert run.outcomes() == dict.fromkeys(sorted(SCENARIOS), Outcome.PASSED), (bad, run.said)
    log = (run.output / "ansible.log").read_text(encoding="utf-8")
    assert not [noise for noise in ("Traceback", "DEPRECATION", "[WARNING]", "[ERROR]") if noise in log]
    assert "Accepted publickey for root" in Path(access["key_file"]).with_name(LOG).read_text(encoding="utf-8")


def test_this_machine_reaches_no_floating_ip() -> None:
    """What passed above did not go past the jump host. Something else may answer: some networks take any connection."""
    said = b""
    with contextlib.suppress(OSError, http.client.HTTPException):
        asking = http.client.HTTPConnection(OUTSIDE, 80, timeout=2)
        asking.request("GET", "/")
        said = asking.getresponse().read(1000)
    assert b"outside is reached" not in said
