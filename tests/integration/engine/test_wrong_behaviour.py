"""Well-formed answers that are wrong, and whose fault a refusal is: the cloud's (failed) or ours (error)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openstack.connection import Connection

from tests.integration.engine.driver import Probe
from tests.integration.waiting import wait

Faults = Callable[[list[dict[str, Any]]], None]


@pytest.fixture
def network(probe: Probe) -> str:
    """The id of a network that the run made."""
    name = probe.name("net")
    answer = probe.step("call", "Create", call="network.create_network", args={"name": name}, creates="network")
    return str(answer["result"]["id"])


def test_wrong_content_fails_and_each_expectation_is_a_check(probe: Probe, faults: Faults) -> None:
    faults([{"service": "neutron", "method": "POST", "path": "/networks", "set": {"network.name": "liar"}}])
    name = probe.name("net")
    answer = probe.call(
        "network.create_network",
        {"name": name},
        creates="network",
        expect={"name": name, "status": {"in": ["ACTIVE", "BUILD"]}},
    )
    assert answer["outcome"] == "failed" and "liar" in answer["message"]
    checks = [(one["check"].split()[0], one["outcome"], one["actual"]) for one in probe.records("check")]
    assert checks[0] == ("name", "failed", "liar") and checks[1][:2] == ("status", "passed")
    assert probe.one("step", step="Step")["http_status"] == 201


def test_a_created_resource_without_an_id_fails_and_is_torn_down_by_name(
    probe: Probe, faults: Faults, demo: Connection
) -> None:
    faults([{"service": "neutron", "method": "POST", "path": "/networks", "remove": ["network.id"]}])
    name = probe.name("net")
    assert probe.call("network.create_network", {"name": name}, creates="network")["outcome"] == "failed"
    faults([])
    probe.finish()
    assert not list(demo.network.networks(name=name))


@pytest.mark.parametrize("status", [404, 409])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_the_run_made_must_not_be_unknown_or_in_conflict(
    probe: Probe, faults: Faults, network: str, method: str, status: int
) -> None:
    faults([{"service": "neutron", "method": method, "path": f"/networks/{network}", "status": status}])
    if method == "GET":
        answer = probe.call("network.get_network", [network])
    else:
        answer = probe.step("delete", kind="network", id=network)
    assert (answer["outcome"], answer["status"]) == ("failed", status)


def test_a_deletion_that_the_cloud_only_claims_fails(probe: Probe, faults: Faults, network: str) -> None:
    faults([{"service": "neutron", "method": "DELETE", "path": f"/networks/{network}", "status": 204}])
    answer = probe.step("delete", kind="network", id=network, deadline=1.5)
    assert answer["outcome"] == "failed" and "deadline" in answer["message"]
    faults([])
    probe.finish()
    assert probe.records("resource")[-1]["state"] == "deleted"


@pytest.fixture
def impossible_flavor(admin: Connection, demo: Connection) -> Iterator[str]:
    """A flavor that no host can hold, though the quota allows it."""
    project = demo.current_project_id
    admin.compute.update_quota_set(project, ram=-1)
    flavor = admin.compute.create_flavor(name="impossible", ram=1 << 24, vcpus=1, disk=1)
    yield flavor.id
    admin.compute.delete_flavor(flavor)
    admin.compute.revert_quota_set(project)


def create(probe: Probe, demo: Connection, flavor: str) -> str:
    image = next(demo.image.images(visibility="public")).id
    args = {"name": probe.name("server"), "image_id": image, "flavor_id": flavor, "networks": "none"}
    created = probe.step("call", "Boot", call="compute.create_server", args=args, creates="server")
    assert created["outcome"] == "passed", created
    return str(created["result"]["id"])


def boot(probe: Probe, demo: Connection, flavor: str) -> dict[str, Any]:
    server = create(probe, demo, flavor)
    return probe.step("wait", call="compute.get_server", args=[server], until={"status": "ACTIVE"}, deadline=30)


def test_no_valid_host_fails_and_is_named(probe: Probe, demo: Connection, impossible_flavor: str) -> None:
    answer = boot(probe, demo, impossible_flavor)
    assert answer["outcome"] == "failed"
    assert "ERROR" in answer["message"] and "No valid host" in answer["message"]


@pytest.mark.parametrize("until", ["ACTIVE", {"in": ["ACTIVE", "ERROR"]}], ids=["failed", "passed"])
def test_a_fault_that_the_cloud_tells_after_the_status_is_waited_for(
    probe: Probe, faults: Faults, demo: Connection, impossible_flavor: str, until: Any
) -> None:
    server = create(probe, demo, impossible_flavor)
    wait(lambda: demo.compute.get_server(server).fault, bool)
    faults([{"service": "nova", "method": "GET", "path": f"/servers/{server}", "remove": ["server.fault"], "times": 3}])
    answer = probe.step("wait", call="compute.get_server", args=[server], until={"status": until}, deadline=30)
    assert answer["outcome"] == ("failed" if until == "ACTIVE" else "passed")
    told = answer["message"] if until == "ACTIVE" else answer["result"]["fault"]["message"]
    assert "No valid host" in told
    calls = probe.records("call", step="Step")
    assert len(calls) == 4
    asked_ms = (calls[-1]["t"] - calls[0]["t"]) * 1000
    assert probe.one("step", step="Step")["duration_ms"] < asked_ms, "it ends with the status, at the first question"


def test_a_fault_that_the_cloud_never_tells_is_not_waited_for_long(
    probe: Probe, faults: Faults, demo: Connection, impossible_flavor: str
) -> None:
    faults([{"service": "nova", "method": "GET", "path": "/servers/", "remove": ["server.fault"]}])
    start = time.monotonic()
    answer = boot(probe, demo, impossible_flavor)
    assert answer["message"] == "it went into status ERROR while waiting for status ACTIVE"
    assert time.monotonic() - start < 15


def test_a_resource_that_goes_into_error_ends_the_wait_at_once(probe: Probe, faults: Faults, demo: Connection) -> None:
    faults([{"driver": "spawn", "error": "the disk caught fire"}])
    answer = boot(probe, demo, min(demo.compute.flavors(), key=lambda one: one.ram).id)
    assert answer["outcome"] == "failed" and "status ERROR" in answer["message"]


def test_a_refusal_by_policy_is_our_error_with_a_remedy(probe: Probe) -> None:
    answer = probe.call("identity.users")
    assert (answer["outcome"], answer["status"]) == ("error", 403)
    assert "role" in answer["remedy"]
    assert probe.close() == 2


def test_a_refusal_that_is_expected_passes_any_other_fails(probe: Probe, network: str) -> None:
    assert probe.call("identity.users", refused=[403])["outcome"] == "passed"
    assert probe.call("identity.users", refused=[404])["outcome"] == "failed"
    answer = probe.call("network.get_network", [network], refused=[403, 404])
    assert answer["outcome"] == "failed" and "did it" in answer["message"]


def test_a_request_that_the_cloud_calls_bad_is_our_error(probe: Probe, network: str) -> None:
    args = {"name": probe.name("sub"), "network_id": network, "ip_version": 4, "cidr": "no network"}
    answer = probe.call("network.create_subnet", args, creates="subnet")
    assert (answer["outcome"], answer["status"]) == ("error", 400)
    assert "arguments" in answer["remedy"]
    assert probe.records("resource", kind="subnet")[-1]["state"] == "deleted", "a definite refusal leaves nothing"


@pytest.fixture
def no_quota(admin: Connection, demo: Connection) -> Iterator[None]:
    """The demo project may have no more networks."""
    project = demo.current_project_id
    admin.network.update_quota(project, networks=0)
    yield
    admin.network.delete_quota(project)


def test_an_exhausted_quota_is_our_error_with_a_remedy(probe: Probe, no_quota: None) -> None:
    answer = probe.call("network.create_network", {"name": probe.name("net")}, creates="network")
    assert (answer["outcome"], answer["status"]) == ("error", 409)
    assert "quota" in answer["message"] and "raise" in answer["remedy"]


@pytest.mark.parametrize(
    ("service", "path", "call", "status", "body"),
    [
        (
            "nova",
            "/servers",
            "compute.servers",
            403,
            {"forbidden": {"code": 403, "message": "Quota exceeded for instances: Requested 1, but already used 10"}},
        ),
        (
            "cinder",
            "/volumes",
            "block_storage.volumes",
            413,
            {"overLimit": {"code": 413, "message": "VolumeLimitExceeded: Maximum number of volumes allowed (10)"}},
        ),
    ],
)
def test_quotas_of_nova_and_cinder_are_told_from_policy(
    probe: Probe, faults: Faults, service: str, path: str, call: str, status: int, body: dict[str, Any]
) -> None:
    faults([{"service": service, "method": "GET", "path": path, "status": status, "body": body}])
    answer = probe.call(call)
    assert (answer["outcome"], answer["status"]) == ("error", status)
    assert "quota" in answer["remedy"]


def test_a_bug_of_ours_is_an_error_that_says_where(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackprobe.engine.steps.call.invoke", lambda *_: 1 / 0)
    answer = probe.call("network.networks")
    assert answer["outcome"] == "error"
    assert "ZeroDivisionError" in answer["message"] and "test_wrong_behaviour.py" in answer["message"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "lacks `call`"),
        ({"call": "network.networks", "cal": 1}, "does not know `cal`"),
        ({"call": "network.nothing"}, "no method `network.nothing`"),
        ({"call": "network.get_network"}, "cannot be called like that"),
        ({"call": "network.get_network", "args": "text"}, "list or a mapping"),
        ({"call": "_private"}, "must name a method"),
        ({"call": "network.networks", "deadline": "soon"}, "`deadline` must be a number"),
        ({"call": "network.networks", "limit": -1}, "`limit` must be a number"),
        ({"call": "network.create_network", "args": {"name": "mine"}, "creates": "network"}, "named by this run"),
        ({"call": "network.networks", "expect": ["x"]}, "`expect` must be a mapping"),
        ({"call": "network.networks", "args": {"name": {"$nope": 1}}}, "`$nope` is no special value"),
    ],
)
def test_wrong_arguments_are_our_error_and_nothing_is_sent(probe: Probe, arguments: dict[str, Any], says: str) -> None:
    answer = probe.step("call", **arguments)
    assert answer["outcome"] == "error" and says in answer["message"]
    step = probe.one("step", step="Step")
    assert (step["file"], step["line"]) == ("roles/probe_one/tasks/main.yaml", 7)
    writing = [one for one in probe.records("call", step="Step") if one["method"] != "GET"]
    assert not writing and not probe.records("resource")
