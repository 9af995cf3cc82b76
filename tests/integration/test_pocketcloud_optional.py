"""A cloud with the optional services: each answers a customer, faults act on each, and none outlives the cloud."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import openstack
import pytest
from openstack.connection import Connection
from pocketcloud import processes
from pocketcloud.cli import main
from pocketcloud.cloud import Cloud
from pocketcloud.services import ALL, CORE, OPTIONAL

from tests.support.clouds import connect

#: A request that a customer may make of each service, below its endpoint.
LISTS = {
    "swift": ("object_store", ""),
    "barbican": ("key_manager", "/secrets"),
    "heat": ("orchestration", "/stacks"),
    "octavia": ("load_balancer", "/lbaas/loadbalancers"),
    "designate": ("dns", "/zones"),
    "manila": ("shared_file_system", "/shares"),
}


def ask(connection: Connection, name: str) -> Any:
    """Ask a service for a list of the customer's."""
    service, path = LISTS[name]
    answer = getattr(connection, service).get(path)
    openstack.exceptions.raise_from_response(answer)
    return answer


def test_every_optional_service_is_tried_here() -> None:
    assert set(LISTS) == {service.name for service in OPTIONAL}


def test_status_counts_the_optional_services(full_cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", str(full_cloud.layout.root), "--json"]) == 0
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)["processes"]}
    assert set(found) - {"supervisor"} == {service.name for service in CORE + OPTIONAL}
    assert all(found[service.name]["answers"] for service in OPTIONAL)


@pytest.mark.parametrize("name", LISTS)
def test_a_customer_gets_answers_and_faults_act_on_them(
    name: str, full_demo: Connection, full_faults: Callable[..., None]
) -> None:
    ask(full_demo, name)
    full_faults([{"service": name, "method": "GET", "status": 501, "nth": 1}])
    with pytest.raises(openstack.exceptions.HttpException) as caught:
        ask(full_demo, name)
    assert caught.value.status_code == 501
    ask(full_demo, name)


def test_an_object_comes_back_and_goes(full_demo: Connection) -> None:
    store = full_demo.object_store
    store.put("/pantry").raise_for_status()
    store.put("/pantry/jam", data=b"plums").raise_for_status()
    assert store.get("/pantry/jam", headers={"Range": "bytes=1-3"}).content == b"lum"
    assert [one["name"] for one in store.get("/pantry?format=json").json()] == ["jam"]
    assert store.delete("/pantry").status_code == 409
    assert store.delete("/pantry/jam").status_code == store.delete("/pantry").status_code == 204


def test_a_secret_comes_back_and_goes(full_demo: Connection) -> None:
    keys = full_demo.key_manager
    secret = keys.create_secret(name="recipe", payload="plums", payload_content_type="text/plain")
    assert keys.get_secret(secret.secret_id).payload == "plums"
    keys.delete_secret(secret.secret_id)
    assert keys.get(f"/secrets/{secret.secret_id}").status_code == 404


def test_a_stack_makes_what_its_template_says_and_takes_it_along(full_demo: Connection) -> None:
    def settled(name: str) -> str:
        end = time.monotonic() + 60
        while (stack := stacks.find_stack(name)) and stack.status.endswith("IN_PROGRESS"):
            assert time.monotonic() < end
            time.sleep(0.2)
        return stack.status if stack else "gone"

    server = {
        "type": "OS::Nova::Server",
        "properties": {"image": "cirros", "flavor": "m1.tiny", "networks": [{"subnet": {"get_resource": "subnet"}}]},
    }
    net = {"type": "OS::Neutron::Net", "properties": {"name": "of a stack"}}
    subnet = {"type": "OS::Neutron::Subnet", "properties": {"network": {"get_resource": "net"}, "cidr": "10.9.0.0/24"}}
    template = {
        "heat_template_version": "2018-08-31",
        "resources": {"net": net, "subnet": subnet, "word": {"type": "OS::Heat::RandomString"}},
    }
    stacks = full_demo.orchestration
    stacks.create_stack(name="kitchen", template=template)
    assert settled("kitchen") == "CREATE_COMPLETE"
    assert full_demo.network.find_network("of a stack")
    template["resources"] |= {"server": server}  # type: ignore[operator]
    stacks.update_stack(stacks.find_stack("kitchen"), template=template)
    assert settled("kitchen") == "UPDATE_COMPLETE"
    assert len(list(full_demo.compute.servers())) == 1
    stacks.delete_stack(stacks.find_stack("kitchen"))
    assert settled("kitchen") == "gone"
    assert not full_demo.network.find_network("of a stack") and not list(full_demo.compute.servers())


@pytest.mark.thorough
def test_a_cloud_with_them_and_tls_leaves_nothing_running(tmp_path_factory: pytest.TempPathFactory) -> None:
    cloud = Cloud(tmp_path_factory.mktemp("optional") / "cloud")
    try:
        settings = cloud.up(tls=True, extra=[ALL])
        demo = connect(cloud.clouds_yaml, "demo")
        for name in LISTS:
            assert settings.ports.public_url(name, tls=True) in ask(demo, name).url
        pids = processes.find(cloud.layout.root)
    finally:
        assert cloud.down() == 0
    assert pids and processes.find(cloud.layout.root) == []
