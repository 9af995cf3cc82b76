"""Kinds of resources read what APIs really answer: pages, odd dates, bodies that are none, and items of others."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import openstack.exceptions
import pytest
import requests
from stackprobe.naming import new_run_id
from stackprobe.resources import KINDS, MalformedAnswer, StillThere, declared, kind
from stackprobe.resources.rest import pages, seconds_of

RUN = new_run_id(1_790_000_000, 60)
Answer = Callable[[str, str, dict[str, Any]], tuple[int, Any]]


class Cloud:
    """A connection whose services answer what a function says; it notes what was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.current_project_id, self.current_user_id = "mine", "me"
        service = SimpleNamespace(request=self.request)
        self.compute = self.network = self.block_storage = self.image = self.identity = service
        self.object_store = self.key_manager = self.orchestration = service
        self.load_balancer = self.dns = self.shared_file_system = service

    def request(self, path: str, method: str, **arguments: Any) -> requests.Response:
        self.asked.append(f"{method} {path}")
        status, body = self.answer(method, path, arguments)
        response = requests.Response()
        response.status_code, response.url, response.reason = status, path, ""
        response.request = requests.Request(method, f"http://cloud{path}").prepare()
        response.headers["Content-Type"] = "application/json"
        response._content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return response


def always(status: int, body: Any) -> Any:
    return Cloud(lambda method, path, arguments: (status, body))


def test_a_list_is_read_to_its_last_page() -> None:
    def answer(method: str, path: str, arguments: dict[str, Any]) -> tuple[int, Any]:
        first = int(arguments["params"].get("marker", 0))
        items = [{"id": str(number)} for number in range(first + 1, min(first + 3, 6))]
        more = [{"rel": "next", "href": "http://elsewhere/"}] if items[-1]["id"] != "5" else []
        return 200, {"servers": items, "servers_links": more}

    cloud: Any = Cloud(answer)
    found = pages(cloud, "compute", "/servers/detail", "servers", {})
    assert [item["id"] for item in found] == ["1", "2", "3", "4", "5"]


def test_a_list_that_repeats_its_last_page_for_ever_ends() -> None:
    cloud = always(200, {"images": [{"id": "1"}], "next": "/v2/images?marker=1"})
    assert len(list(pages(cloud, "image", "/images", "images", {}))) == 2


@pytest.mark.parametrize("body", ["<html>", "", "[]", "{}", '{"networks": null}', '"x"'])
def test_an_answer_that_is_no_list_is_the_clouds_fault_not_an_empty_project(body: str) -> None:
    with pytest.raises(MalformedAnswer):
        KINDS["network"].leftovers(always(200, body), "stackprobe")


def test_what_other_projects_own_is_never_ours_even_when_the_cloud_lists_it() -> None:
    items = [{"id": owner, "name": f"stackprobe-{RUN}-net", "project_id": owner} for owner in ("mine", "theirs")]
    items += [{"id": "old", "name": f"stackprobe-{RUN}-net", "tenant_id": "theirs"}]
    cloud = always(200, {"networks": items})
    assert [one.id for one in KINDS["network"].leftovers(cloud, "stackprobe")] == ["mine"]
    assert [one.id for one in KINDS["network"].find(cloud, f"stackprobe-{RUN}-net")] == ["mine"]


def test_a_name_is_found_exactly_though_the_cloud_takes_it_for_a_pattern() -> None:
    names = [f"stackprobe-{RUN}-server", f"stackprobe-{RUN}-server-2"]
    cloud = always(200, {"servers": [{"id": name, "name": name} for name in names]})
    assert [one.id for one in KINDS["server"].find(cloud, names[0])] == names[:1]


def test_deleting_what_is_gone_is_fine_and_a_refusal_is_not() -> None:
    KINDS["volume"].delete(always(404, {}), "x", time.monotonic() + 5)
    with pytest.raises(openstack.exceptions.ConflictException):
        KINDS["volume"].delete(always(409, {}), "x", time.monotonic() + 5)


def test_a_floating_ip_goes_when_its_port_forwardings_have_gone() -> None:
    forwardings = [{"id": "1"}, {"id": "2"}]

    def answer(method: str, path: str, arguments: dict[str, Any]) -> tuple[int, Any]:
        if method == "GET":
            return 200, {"port_forwardings": list(forwardings)}
        if "/port_forwardings/" in path:
            forwardings.pop()
            return 204, ""
        return (409, {}) if forwardings else (204, "")

    cloud: Any = Cloud(answer)
    KINDS["floating_ip"].delete(cloud, "x", time.monotonic() + 5)
    assert forwardings == [] and cloud.asked[-1] == "DELETE /floatingips/x"


@pytest.mark.parametrize("forwardings", [(404, {}), (200, {"port_forwardings": []})])
def test_a_floating_ip_that_is_refused_without_port_forwardings_is_told_so(forwardings: tuple[int, Any]) -> None:
    cloud: Any = Cloud(lambda method, *_: forwardings if method == "GET" else (409, {}))
    with pytest.raises(openstack.exceptions.ConflictException):
        KINDS["floating_ip"].delete(cloud, "x", time.monotonic() + 5)


def a_router_with(routes: list[dict[str, str]]) -> tuple[Any, list[str]]:
    """A cloud with a router r, whose interface x on 10.0.0.0/24 its routes by way of there keep; and what is there."""
    there = ["interface"]

    def answer(method: str, path: str, arguments: dict[str, Any]) -> tuple[int, Any]:
        if method == "PUT" and path == "/routers/r":
            routes[:] = arguments["json"]["router"]["routes"]
            return 200, {}
        if method == "PUT":
            assert (path, arguments["json"]) == ("/routers/r/remove_router_interface", {"port_id": "x"})
            if any(one["nexthop"].startswith("10.0.0.") for one in routes) or "floating IP" in there:
                return 409, {}
            there.remove("interface")
            return 200, {}
        if method == "GET" and path == "/routers/r":
            return 200, {"router": {"id": "r", "routes": list(routes)}}
        if method == "GET" and path == "/subnets/s":
            return 200, {"subnet": {"id": "s", "cidr": "10.0.0.0/24"}}
        if method == "GET":
            place = {"fixed_ips": [{"subnet_id": "s", "ip_address": "10.0.0.1"}]}
            return 200, {"port": {"id": "x", "device_id": "r", "device_owner": "network:router_interface", **place}}
        return 409, {}

    return Cloud(answer), there


def test_a_port_that_is_a_routers_interface_goes_with_the_routes_that_need_it_and_no_others() -> None:
    others = {"destination": "192.0.2.0/24", "nexthop": "10.7.0.9"}
    routes = [{"destination": "10.1.0.0/24", "nexthop": "10.0.0.2"}, others]
    cloud, there = a_router_with(routes)
    KINDS["port"].delete(cloud, "x", time.monotonic() + 5)
    assert (there, routes) == ([], [others])


def test_a_routers_interface_that_something_else_keeps_costs_no_routes() -> None:
    routes = [{"destination": "192.0.2.0/24", "nexthop": "10.7.0.9"}]
    cloud, there = a_router_with(routes)
    there.append("floating IP")
    with pytest.raises(openstack.exceptions.ConflictException):
        KINDS["port"].delete(cloud, "x", time.monotonic() + 5)
    assert len(routes) == 1
    assert "PUT /routers/r" not in cloud.asked


def test_a_port_that_is_refused_and_no_routers_is_told_so() -> None:
    port = {"id": "x", "device_id": "s", "device_owner": "compute:az1"}
    cloud: Any = Cloud(lambda method, *_: (200, {"port": port}) if method == "GET" else (409, {}))
    with pytest.raises(openstack.exceptions.ConflictException):
        KINDS["port"].delete(cloud, "x", time.monotonic() + 5)


def test_waiting_asks_at_most_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind, "POLL_INTERVAL_S", 0.2)
    cloud = always(200, {"network": {"id": "x", "status": "ACTIVE"}})
    with pytest.raises(StillThere, match="the network x is still there, with status active"):
        KINDS["network"].wait_gone(cloud, "x", time.monotonic() + 0.7)
    assert len(cloud.asked) <= 4


def test_waiting_bears_errors_until_the_deadline_and_then_tells_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind, "POLL_INTERVAL_S", 0.1)
    answers = iter([503, 503, 404])
    cloud: Any = Cloud(lambda *_: (next(answers), {}))
    KINDS["network"].wait_gone(cloud, "x", time.monotonic() + 5)
    with pytest.raises(openstack.exceptions.HttpException):
        KINDS["network"].wait_gone(always(503, {}), "x", time.monotonic() + 0.3)


def test_waiting_ends_when_the_cloud_has_given_up_deleting() -> None:
    cloud = always(200, {"volume": {"id": "x", "status": "error_deleting"}})
    began = time.monotonic()
    with pytest.raises(StillThere, match="error_deleting"):
        KINDS["volume"].wait_gone(cloud, "x", began + 30)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [
        ("2026-01-01T00:00:10Z", 1767225610.0),
        ("2026-01-01T00:00:10.123456", 1767225610.0),
        (None, None),
        ("", None),
        ("soon", None),
        (7, None),
    ],
)
def test_dates_of_all_services_are_read(stamp: Any, seconds: float | None) -> None:
    assert seconds_of(stamp) == seconds


def test_every_kind_has_the_key_that_it_is_called_by() -> None:
    assert all(KINDS[name].name == name for name in KINDS)


def test_a_declared_kind_may_have_the_project_in_its_path() -> None:
    connection: Any = SimpleNamespace(current_project_id="p1")
    kind = declared.read("vpc", {"service": "vpc", "path": "/v1/{project_id}/vpcs", "plural": "vpcs"})
    assert kind._listing(connection) == "/v1/p1/vpcs" and kind._one(connection, "x") == "/v1/p1/vpcs/x"
    assert (kind.catalog_type, kind.carrier, kind.singular, kind.order) == ("vpc", "name", None, 3)


def test_a_container_is_emptied_page_by_page_before_it_goes() -> None:
    objects = ["one", "two words", "three/deep"]

    def answer(method: str, path: str, arguments: dict[str, Any]) -> tuple[int, Any]:
        if method == "GET":
            marker = arguments["params"].get("marker")
            after = objects[objects.index(marker) + 1 :] if marker else objects
            return 200, [{"name": name} for name in after[:2]]
        return 204, ""

    cloud: Any = Cloud(answer)
    KINDS["container"].delete(cloud, "mine", time.monotonic() + 60)
    deleted = [asked for asked in cloud.asked if asked.startswith("DELETE")]
    assert deleted == ["DELETE /mine/one", "DELETE /mine/two%20words", "DELETE /mine/three/deep", "DELETE /mine"]


def test_containers_of_runs_are_found_and_objects_go_with_them() -> None:
    name = f"stackprobe-{RUN}-store"
    listed = [{"name": name, "last_modified": "2026-11-25T00:14:35.123450"}, {"name": "stackprobe-holidays"}]
    cloud: Any = Cloud(lambda method, path, arguments: (200, [] if "marker" in arguments["params"] else listed))
    (found,) = KINDS["container"].leftovers(cloud, "stackprobe")
    assert (found.id, found.name, found.created) == (name, name, 1795565675.0)
    assert KINDS["object"].leftovers(cloud, "stackprobe") == []
    nowhere = always(404, {})
    assert KINDS["container"].leftovers(nowhere, "stackprobe") == [] == KINDS["container"].find(nowhere, name)
    with pytest.raises(MalformedAnswer):
        KINDS["container"].leftovers(always(200, {"oops": 1}), "stackprobe")


def test_secrets_are_listed_to_the_last_and_known_by_the_end_of_their_address() -> None:
    secrets = [{"secret_ref": f"http://cloud/v1/secrets/{number}", "name": "s"} for number in range(150)]

    def answer(method: str, path: str, arguments: dict[str, Any]) -> tuple[int, Any]:
        first, most = arguments["params"]["offset"], arguments["params"]["limit"]
        return 200, {"secrets": secrets[first : first + most]}

    cloud: Any = Cloud(answer)
    assert [one.id for one in KINDS["secret"].find(cloud, "s")] == [str(number) for number in range(150)]
    gone = always(404, {})
    assert KINDS["secret"].is_gone(gone, "http://cloud/v1/secrets/7") and gone.asked == ["GET /secrets/7"]
    with pytest.raises(MalformedAnswer):
        KINDS["secret"].find(always(200, {}), "s")


@pytest.mark.parametrize(
    ("status", "is_gone"), [("DELETE_COMPLETE", True), ("DELETE_IN_PROGRESS", False), ("CREATE_FAILED", False)]
)
def test_a_deleted_stack_is_gone_although_heat_still_knows_it(status: str, is_gone: bool) -> None:
    assert KINDS["stack"].is_gone(always(200, {"stack": {"stack_status": status}}), "1") is is_gone


def test_a_stack_that_cannot_be_deleted_is_not_waited_for() -> None:
    cloud = always(200, {"stack": {"stack_status": "DELETE_FAILED"}})
    with pytest.raises(StillThere):
        KINDS["stack"].wait_gone(cloud, "1", time.monotonic() + 60)


def test_zones_are_listed_to_the_last_and_told_by_their_first_label() -> None:
    def answer(method: str, path: str, arguments: dict[str, Any]) -> tuple[int, Any]:
        first = int(arguments["params"].get("marker", 0))
        zones = [{"id": str(first + 1), "name": f"stackprobe-{RUN}-dns-zone.{'long.' * 12}example."}]
        return 200, {
            "zones": zones,
            "links": {"self": "http://cloud/"} | ({"next": "http://cloud/"} if first < 2 else {}),
        }

    cloud: Any = Cloud(answer)
    found = KINDS["zone"].leftovers(cloud, "stackprobe")
    assert [one.id for one in found] == ["1", "2", "3"]
    assert {one.owner.text for one in found if one.owner} == {RUN}
    assert (
        KINDS["zone"].leftovers(always(200, {"zones": [{"id": "1", "name": "stackprobe-docs.example."}]}), "stackprobe")
        == []
    )


def test_a_load_balancer_is_deleted_with_its_parts_and_given_up_in_an_error() -> None:
    answers = {"DELETE": (204, ""), "GET": (200, {"loadbalancer": {"provisioning_status": "ERROR"}})}
    cloud: Any = Cloud(lambda method, path, arguments: answers[method])
    KINDS["load_balancer"].delete(cloud, "1", time.monotonic() + 5)
    assert cloud.asked == ["DELETE /lbaas/loadbalancers/1?cascade=true"]
    began = time.monotonic()
    with pytest.raises(StillThere, match="error"):
        KINDS["load_balancer"].wait_gone(cloud, "1", began + 30)
    assert time.monotonic() - began < 10
    for gone in ({"provisioning_status": "DELETED"}, None):
        answers["GET"] = (200, {"loadbalancer": gone}) if gone else (404, {})
        assert KINDS["load_balancer"].is_gone(cloud, "1")
    with pytest.raises(MalformedAnswer):
        KINDS["load_balancer"].is_gone(always(200, {}), "1")


def test_a_server_that_says_that_it_is_deleted_is_gone_when_nobody_knows_it() -> None:
    found = [(200, {"server": {"status": "DELETED"}}), (404, {})]
    cloud: Any = Cloud(lambda method, path, arguments: found.pop(0))
    KINDS["server"].wait_gone(cloud, "1", time.monotonic() + 10)
    assert found == []
    assert KINDS["server"].is_gone(always(200, {"server": {"status": "SOFT_DELETED"}}), "1")


@pytest.mark.parametrize("forced", [202, 403])
def test_a_share_that_its_owner_may_not_delete_is_deleted_by_force_where_that_is_allowed(forced: int) -> None:
    cloud: Any = Cloud(lambda method, path, arguments: (403 if method == "DELETE" else forced, {}))
    if forced == 403:
        with pytest.raises(openstack.exceptions.ForbiddenException):
            KINDS["share"].delete(cloud, "1", time.monotonic() + 5)
    else:
        KINDS["share"].delete(cloud, "1", time.monotonic() + 5)
    assert cloud.asked == ["DELETE /shares/1", "POST /shares/1/action"]
