"""Vendors' services: a hook of clouds.yaml adds them, and what steps make with them is removed like everything else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from stackprobe.naming import new_run_id
from stackprobe.results import Outcome

from tests.integration.engine.driver import Probe, changed_clouds
from tests.integration.leftovers import kill_run
from tests.integration.probing import Probed, run_probes
from tests.support.clouds import inventory, settled_inventory

VENDOR = Path(__file__).resolve().parents[2] / "support" / "vendor"
SCENARIO = """\
---
description: A customer makes a gadget.
services: [acme]
tags: [life_cycle]
resources:
  gadget: {service: acme, path: "/security-groups", plural: security_groups, singular: security_group}
"""
TASKS = """\
---
- name: Create a gadget
  probe_call:
    call: acme.create_gadget
    args: {name: "{{ probe_name }}-gadget"}
    creates: gadget
    read_back: acme.get_gadget
    expect: {name: "{{ probe_name }}-gadget"}
  register: probe_gadgets_made

- name: Find it
  probe_call:
    call: acme.gadgets
    args: {name: "{{ probe_name }}-gadget"}
    expect: {"#": 1}
"""
DELETE = """
- name: Delete the gadget
  probe_delete:
    kind: gadget
    id: "{{ probe_gadgets_made.result.id }}"
"""


@pytest.fixture(autouse=True)
def on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The vendor's package is installed."""
    monkeypatch.syspath_prepend(VENDOR)
    monkeypatch.setenv("PYTHONPATH", f"{VENDOR}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")


@pytest.fixture(scope="module")
def acme(admin: Connection, demo: Connection) -> Iterator[None]:
    """The cloud has the vendor's service in its catalog."""
    endpoint = demo.network.get_endpoint()
    url = f"{endpoint.rstrip('/')}/v2.0" if not endpoint.rstrip("/").endswith("v2.0") else endpoint
    service = admin.identity.create_service(type="acme", name="acme")
    admin.identity.create_endpoint(service_id=service.id, interface="public", region_id="RegionOne", url=url)
    yield
    admin.identity.delete_service(service)


@pytest.fixture
def roles(tmp_path: Path) -> Path:
    """A folder with the scenario ``gadgets``."""
    role = tmp_path / "roles" / "probe_gadgets"
    (role / "tasks").mkdir(parents=True)
    (role / "scenario.yaml").write_text(SCENARIO)
    (role / "tasks" / "main.yaml").write_text(TASKS + DELETE)
    return role.parent


def clouds(cloud: Cloud, tmp_path: Path) -> Path:
    place = changed_clouds(cloud.clouds_yaml, tmp_path / "clouds.yaml", vendor_hook="acme:load")
    place.chmod(0o600)
    return place


def run(cloud: Cloud, roles: Path) -> Probed:
    place = clouds(cloud, roles.parent)
    return run_probes(place, roles.parent / "run", ["gadgets", "identity"], arguments=("--roles-path", str(roles)))


def test_without_the_service_the_scenario_is_skipped(cloud: Cloud, roles: Path) -> None:
    assert run(cloud, roles).outcomes() == {"gadgets": Outcome.SKIPPED, "identity": Outcome.PASSED}


def test_a_vendors_service_is_used_measured_and_tidied_up(
    acme: None, cloud: Cloud, admin: Connection, roles: Path
) -> None:
    before = inventory(admin)
    done = run(cloud, roles)
    assert done.exit_code == 0, done.said
    assert [one.name for one in done.scenario("gadgets").steps] == ["Create a gadget", "Find it", "Delete the gadget"]
    assert "security-groups" in [one.resource for one in done.step("gadgets", "Create a gadget").calls]
    assert settled_inventory(admin, before) == before


def test_what_is_not_deleted_is_torn_down(acme: None, cloud: Cloud, admin: Connection, roles: Path) -> None:
    (roles / "probe_gadgets" / "tasks" / "main.yaml").write_text(TASKS)
    before = inventory(admin)
    done = run(cloud, roles)
    assert done.exit_code == 0, done.said
    assert done.step("gadgets", "Tear down gadget gadget").outcome is Outcome.PASSED
    assert settled_inventory(admin, before) == before


def test_a_sweep_finds_it_when_it_knows_the_scenario(
    acme: None, cloud: Cloud, admin: Connection, demo: Connection, roles: Path, tmp_path: Path
) -> None:
    before = inventory(admin)
    run_id = new_run_id(time.time(), 3600)
    kill_run(run_id)
    demo.network.create_security_group(name=f"stackprobe-{run_id}-gadgets-gadget")
    environment = {**os.environ, "OS_CLIENT_CONFIG_FILE": str(clouds(cloud, tmp_path))}
    command = [sys.executable, "-m", "stackprobe", "sweep", "--cloud", "demo", "--json", "--roles-path", str(roles)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"gadget"' in done.stdout, done.stdout
    assert settled_inventory(admin, before) == before


@pytest.mark.parametrize(
    ("hook", "says"),
    [
        ("nowhere.sdk:load", "there is no Python package nowhere: install it beside stackprobe"),
        ("acme:missing", "the vendor_hook `acme:missing` broke"),
        ("acme:broken", "broke: TypeError: this release of openstacksdk is too new"),
        ("acme", "is not of the form module:function"),
    ],
)
def test_a_hook_that_does_not_work_is_said_and_is_no_fault_of_the_cloud(
    probing: Callable[..., Probe], reconfigure: Callable[..., Path], hook: str, says: str
) -> None:
    reconfigure(vendor_hook=hook)
    probe = probing().prepare()
    answer = probe.call("acme.gadgets")
    assert answer["outcome"] == "error" and "openstacksdk has no method `acme.gadgets`" in answer["message"]
    assert says in answer["message"] and says in str(probe.records("note"))
    assert probe.call("network.networks")["outcome"] == "passed"


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ("{service: acme, path: /gadgets}", "the kind `gadget` lacks `plural`"),
        ("{service: acme, path: gadgets, plural: gadgets}", "`path` must begin with /"),
        ("{service: acme, path: /gadgets, plural: gadgets, find: x}", "unknown key `find`"),
        ("{service: acme, path: /gadgets, plural: gadgets, order: first}", "`order` must be a whole number"),
        ("acme.gadgets", "must be a mapping"),
    ],
)
def test_a_mistaken_declaration_is_told_with_its_place(roles: Path, declared: str, says: str) -> None:
    from stackprobe.errors import UsageError
    from stackprobe.scenarios import discover

    file = roles / "probe_gadgets" / "scenario.yaml"
    file.write_text(f"description: X\nresources:\n  gadget: {declared}\n")
    with pytest.raises(UsageError, match=r"scenario\.yaml:3") as refused:
        discover([roles])
    assert says in str(refused.value)


def test_a_kind_that_everybody_knows_cannot_be_another_one(roles: Path) -> None:
    from stackprobe.errors import UsageError
    from stackprobe.scenarios import discover, learn_resources

    file = roles / "probe_gadgets" / "scenario.yaml"
    file.write_text("description: X\nresources:\n  server: {service: acme, path: /x, plural: x}\n")
    found: dict[str, Any] = discover([roles])
    with pytest.raises(UsageError, match="`server` is known already"):
        learn_resources(found.values())
