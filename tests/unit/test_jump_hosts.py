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


FROM_HERE = {
    ("ipv6", "Ping the guest from outside"): "skipped behind a jump host",
    ("load_balancer_traffic", "Reach the load balancer"): "a member asks behind a jump host",
    ("load_balancer_traffic", "Spread requests over the members"): "a member asks",
    ("load_balancer_traffic", "Have the lost member left out"): "a member asks",
    ("load_balancer_traffic", "Have it taken back"): "a member asks",
}
"""What the runner asks itself, unless a jump host is named."""


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


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name != "security_group_effect"])
def test_nothing_else_of_a_scenario_goes_past_the_jump_host(scenario: str) -> None:
    for task in tasks_of(scenario):
        for kind in ("probe_ping", "probe_connect", "probe_http", "probe_spread"):
            if kind in task and "jump" not in task[kind]:
                guest = task[kind].get("on", "omit")
                assert "omit" not in guest or (scenario, task["name"]) in FROM_HERE, f"{task['name']} goes past it"


def test_who_changes_a_security_group_asks_from_a_guest_behind_a_jump_host() -> None:
    """Its ways are chosen by variables: the address that the runner asks is empty there."""
    (place,) = [root for root in roles_paths() if (root / "probe_security_group_effect").is_dir()]
    known = yaml.safe_load((place / "probe_security_group_effect" / "vars" / "main.yaml").read_text(encoding="utf-8"))
    assert "if probe_security_group_effect_access is mapping" in known["probe_security_group_effect_outside"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_configuration_may_name_the_jump_host_and_its_key(scenario: str) -> None:
    access = SCENARIOS[scenario].options["access"]
    (mapping,) = [one for one in access["anyOf"] if one.get("type") == "object"]
    assert {"host", "port", "user", "key_file", "host_key", "floating_ips"} <= set(mapping["properties"])


@pytest.mark.parametrize(
    ("access", "routers", "floating_ips"),
    [
        ("direct", 2, 4),
        ("jump", 1, 1),
        ("jump", 2, 2),
        ({"host": "b"}, 2, 0),
        ({"host": "b", "floating_ips": True}, 2, 4),
    ],
)
def test_needs_are_those_of_the_access(access: Any, routers: int, floating_ips: int) -> None:
    networks = ["10.98.0.0/24", "10.98.1.0/24"]
    options = {"guests": 4, "networks": networks, "routers": routers, "ssh_from": ["0.0.0.0/0"], "access": access}
    needs = SCENARIOS["east_west"].needs.amounts(options, "probe_east_west", {"flavor": {"vcpus": 1, "ram": 64}})
    assert needs["floating_ips"] == floating_ips
