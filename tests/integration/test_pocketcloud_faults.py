"""Every kind of injected fault, as a client of the cloud sees it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from keystoneauth1 import exceptions
from openstack.connection import Connection
from openstack.exceptions import SDKException
from pocketcloud.cli import main
from pocketcloud.cloud import Cloud

from tests.support.clouds import connect

Rules = Callable[[list[dict[str, Any]]], None]
FLAVORS = {"service": "nova", "path": "/flavors"}


@pytest.fixture
def leftovers(demo: Connection) -> Iterator[None]:
    """Networks of a test, removed after it."""
    yield
    for network in demo.network.networks(project_id=demo.current_project_id):
        demo.network.delete_network(network)


def flavors(demo: Connection, **options: Any) -> Any:
    """One request that changes nothing."""
    return demo.compute.get("/flavors", raise_exc=False, **options)


def networks_named(demo: Connection, name: str) -> int:
    return len(list(demo.network.networks(name=name)))


def test_a_status_with_a_body_and_headers(faults: Rules, demo: Connection) -> None:
    faults([{**FLAVORS, "status": 503, "body": {"why": "maintenance"}, "headers": {"X-Mood": "bad"}}])
    answer = flavors(demo)
    assert (answer.status_code, answer.json(), answer.headers["X-Mood"]) == (503, {"why": "maintenance"}, "bad")
    faults([])
    assert flavors(demo).status_code == 200


def test_429_with_retry_after(faults: Rules, demo: Connection) -> None:
    faults([{**FLAVORS, "retry_after": 3}])
    answer = flavors(demo)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")


def test_the_nth_request_only_and_of_no_other_service(faults: Rules, demo: Connection) -> None:
    faults([{"service": "compute", "method": "GET", "path": "^/v2.1/flavors$", "nth": 2, "status": 500}])
    assert [flavors(demo).status_code for _ in range(3)] == [200, 500, 200]
    assert demo.network.get("/networks").status_code == 200


@pytest.mark.parametrize(("delay", "least", "most"), [(0.5, 0.5, 10), ([0.2, 0.4], 0.2, 10)])
def test_a_delay(faults: Rules, demo: Connection, delay: Any, least: float, most: float) -> None:
    flavors(demo)
    faults([{**FLAVORS, "delay": delay}])
    started = time.monotonic()
    assert flavors(demo).status_code == 200
    assert least <= time.monotonic() - started < most


@pytest.mark.parametrize(("moment", "made"), [("before", 0), ("after", 1)])
@pytest.mark.usefixtures("leftovers")
def test_a_dropped_connection_before_and_after_the_work(
    faults: Rules, demo: Connection, moment: str, made: int
) -> None:
    faults([{"service": "neutron", "method": "POST", "path": "/networks$", "drop": moment}])
    with pytest.raises(exceptions.ConnectFailure):
        demo.network.create_network(name=f"drop-{moment}")
    assert networks_named(demo, f"drop-{moment}") == made


@pytest.mark.parametrize(("moment", "made"), [("before", 0), ("after", 1)])
@pytest.mark.usefixtures("leftovers")
def test_a_hanging_request_before_and_after_the_work(faults: Rules, demo: Connection, moment: str, made: int) -> None:
    faults([{"service": "neutron", "method": "POST", "path": "/networks$", "hang": moment}])
    with pytest.raises(exceptions.ConnectTimeout):
        demo.network.post("/networks", json={"network": {"name": f"hang-{moment}"}}, timeout=1)
    assert networks_named(demo, f"hang-{moment}") == made
    faults([])
    assert networks_named(demo, f"hang-{moment}") == made


def test_hanging_requests_leave_the_service_answering_and_end_with_their_rule(
    faults: Rules, cloud: Cloud, demo: Connection
) -> None:
    flavors(demo)
    faults([{"service": "nova", "path": "/flavors/detail", "hang": "before"}])
    ended: list[BaseException] = []

    def hang() -> None:
        try:
            connect(cloud.clouds_yaml, "demo").compute.get("/flavors/detail", timeout=60)
        except exceptions.ConnectFailure as error:
            ended.append(error)

    threads = [threading.Thread(target=hang) for _ in range(30)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    assert not ended
    assert flavors(demo, timeout=20).status_code == 200
    assert cloud.status().all_answer
    faults([])
    for thread in threads:
        thread.join(timeout=20)
    assert len(ended) == 30


def test_a_truncated_answer(faults: Rules, demo: Connection) -> None:
    faults([{**FLAVORS, "truncate": 10}])
    # depending on the client's release: an error of the connection or a broken body
    with pytest.raises((exceptions.ConnectFailure, exceptions.UnknownConnectionError, ValueError, OSError)):
        flavors(demo).json()


def test_an_answer_that_is_not_json(faults: Rules, demo: Connection) -> None:
    faults([{**FLAVORS, "garbage": True}])
    answer = flavors(demo)
    assert (answer.status_code, answer.text) == (200, "<html>surprise")


@pytest.mark.usefixtures("leftovers")
def test_a_lie_about_the_state(faults: Rules, demo: Connection) -> None:
    rule = {"service": "neutron", "method": "GET", "path": "/networks/", "set": {"network.status": "DOWN"}}
    network = demo.network.create_network(name="lie")
    assert demo.network.get_network(network.id).status == "ACTIVE"
    faults([{**rule, "remove": ["network.name"]}])
    told = demo.network.get_network(network.id)
    assert (told.status, told.name) == ("DOWN", None)


@pytest.mark.usefixtures("leftovers")
def test_a_delete_that_is_confirmed_and_not_done(faults: Rules, demo: Connection) -> None:
    network = demo.network.create_network(name="immortal")
    faults([{"service": "neutron", "method": "DELETE", "path": "/networks/", "status": 204}])
    demo.network.delete_network(network)
    assert networks_named(demo, "immortal") == 1


def test_authentication_itself_can_fail(faults: Rules, cloud: Cloud) -> None:
    faults([{"service": "identity", "method": "POST", "path": "/auth/tokens", "status": 500}])
    with pytest.raises(SDKException, match="HTTP 500"):
        connect(cloud.clouds_yaml, "demo").authorize()


def test_the_services_own_calls_only_when_asked_for(faults: Rules, demo: Connection) -> None:
    image = demo.image.find_image("cirros")
    rule = {"service": "glance", "method": "GET", "path": "/v2/images/", "status": 503}

    def boot() -> Any:
        body = {"name": "x", "imageRef": image.id, "flavorRef": demo.compute.find_flavor("m1.tiny").id}
        return demo.compute.post(
            "/servers", json={"server": {**body, "networks": "none"}}, microversion="2.37", raise_exc=False
        )

    faults([{**rule, "interface": "internal"}])
    assert demo.image.get(f"/images/{image.id}").status_code == 200
    assert boot().status_code >= 500


def test_a_mistake_in_the_file_is_loud(cloud: Cloud, demo: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        cloud.layout.faults.write_text('[{"service": "nova", "sttus": 503}]')
        answer = flavors(demo)
        assert answer.status_code == 500
        assert "faults.json: rule 0: unknown key sttus" in answer.text
        assert cloud.status().all_answer
        assert main(["faults", str(cloud.layout.root)]) == 2
        assert "unknown key sttus" in capsys.readouterr().err
    finally:
        cloud.faults()
    assert flavors(demo).status_code == 200
