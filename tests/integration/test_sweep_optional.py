"""A sweep removes what dead runs left in the optional services, and what is in it or was made by it."""

from __future__ import annotations

import time
from pathlib import Path

import openstack
import pytest
from pocketcloud.cloud import Cloud
from stackprobe.cloud import open_cloud

from tests.integration.leftovers import check_sweep
from tests.support.thorough import daily

Connection = openstack.connection.Connection
KINDS = {"container", "secret", "stack", "network", "subnet"}  # heat names what has no name after its stack


def leave_what_optional_services_have(connection: Connection, prefix: str, run_id: str) -> None:
    """A container with objects, a secret, a stack with a network, one that failed, and a network beside them."""

    def called(what: str) -> str:
        return f"{prefix}-{run_id}-{what}"

    store = connection.object_store
    store.put(f"/{called('container')}").raise_for_status()
    for name in ("one", "two/deep", "thr%ee"):
        store.put(f"/{called('container')}/{name.replace('%', '%25')}", data=b"x").raise_for_status()
    connection.key_manager.create_secret(name=called("secret"), payload="hush", payload_content_type="text/plain")
    network = {"type": "OS::Neutron::Net", "properties": {"name": called("net")}}
    subnet = {
        "type": "OS::Neutron::Subnet",
        "properties": {"network": {"get_resource": "network"}, "cidr": "10.0.0.0/24"},
    }
    for what, resources in (
        ("stack", {"network": network}),
        ("failed", {"network": network, "subnet": subnet, "overlapping": subnet}),
    ):
        template = {"heat_template_version": "2018-08-31", "resources": resources}
        connection.orchestration.create_stack(name=called(what), template=template)
    connection.network.create_network(name=called("other-net"))


def settle(connection: Connection) -> None:
    """Wait for stacks that are being made."""
    end = time.monotonic() + 60
    while any(stack.status.endswith("IN_PROGRESS") for stack in connection.orchestration.stacks()):
        assert time.monotonic() < end
        time.sleep(0.3)


@pytest.mark.parametrize("cloud_name", daily(["demo", "admin"], [0]))
def test_a_dead_runs_containers_secrets_and_stacks_go_and_those_of_others_stay(
    cloud_name: str, full_cloud: Cloud, full_admin: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(full_cloud.clouds_yaml))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    connection = open_cloud(cloud_name, timeout_s=30)

    def leave(run_id: str) -> None:
        leave_what_optional_services_have(connection, "stackprobe", run_id)
        settle(connection)

    check_sweep(connection, full_admin, leave, KINDS)
