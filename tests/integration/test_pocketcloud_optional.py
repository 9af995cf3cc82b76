"""A cloud with the optional services: each answers a customer, faults act on each, and none outlives the cloud."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import openstack
import pytest
from openstack.connection import Connection
from pocketcloud import processes
from pocketcloud.cli import main
from pocketcloud.cloud import Cloud
from pocketcloud.services import CORE, OPTIONAL

from tests.integration.conftest import connect

#: A request that a customer may make of each service, below its endpoint.
LISTS = {"swift": ("object_store", "")}


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


def test_a_cloud_with_one_of_them_and_tls_leaves_nothing_running(tmp_path_factory: pytest.TempPathFactory) -> None:
    cloud = Cloud(tmp_path_factory.mktemp("optional") / "cloud")
    try:
        settings = cloud.up(tls=True, extra=["swift"])
        assert settings.service_names == [*(service.name for service in CORE), "swift"]
        ask(connect(cloud.clouds_yaml, "demo"), "swift")
        pids = processes.find(cloud.layout.root)
    finally:
        assert cloud.down() == 0
    assert pids and processes.find(cloud.layout.root) == []
