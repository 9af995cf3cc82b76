"""Behind a jump host nothing is asked past it: what the runner itself does not reach looks like a closed port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from stackprobe.scenarios import discover, roles_paths

SCENARIOS = {name: one for name, one in discover(roles_paths()).items() if "guests" in one.tags}
LEFT_OUT = {("ipv6", "Log in over IPv6"), ("vip_failover", "Log in by the floating IP")}
"""Options leave these steps out where the runner does not reach the cloud's addresses."""


def tasks_of(scenario: str) -> Iterator[dict[str, Any]]:
    """All tasks of its role, those in blocks, too."""
    (place,) = [root / f"probe_{scenario}" for root in roles_paths() if (root / f"probe_{scenario}").is_dir()]
    for file in sorted((place / "tasks").glob("*.yaml")):
        yield from flat(yaml.safe_load(Path(file).read_text(encoding="utf-8")))


def flat(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        yield from flat(task["block"]) if "block" in task else [task]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_login_of_a_scenario_goes_through_the_jump_host(scenario: str) -> None:
    for task in tasks_of(scenario):
        if "probe_ssh" not in task or (scenario, task["name"]) in LEFT_OUT:
            continue
        jump = task["probe_ssh"].get("jump", "")
        assert jump, f"{task['name']} goes past it"
        if "probe_base_guest_jump" in jump:  # which knows of no access but that of make_guests
            assert "probe_base_guest_access" in task.get("vars", {}), (
                f"{task['name']} does not say how guests are reached"
            )


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_configuration_may_name_the_jump_host_and_its_key(scenario: str) -> None:
    access = SCENARIOS[scenario].options["access"]
    (mapping,) = [one for one in access["anyOf"] if one.get("type") == "object"]
    assert {"host", "port", "user", "key_file", "host_key"} <= set(mapping["properties"])


@pytest.mark.parametrize(
    ("access", "floating_ips"),
    [("direct", 4), ("jump", 1), ({"host": "b"}, 0), ({"host": "b", "floating_ips": True}, 4)],
)
def test_needs_are_those_of_the_access(access: Any, floating_ips: int) -> None:
    options = {"guests": 4, "networks": ["10.98.0.0/24"], "ssh_from": ["0.0.0.0/0"], "access": access}
    needs = SCENARIOS["east_west"].needs.amounts(options, "probe_east_west", {"flavor": {"vcpus": 1, "ram": 64}})
    assert needs["floating_ips"] == floating_ips
