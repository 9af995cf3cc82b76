"""Every HTTP request is on record as it happened: where it went, how long, what came back, how often it was tried."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection

from tests.integration.engine import hostile
from tests.integration.engine.driver import Probe, scenario

ATTEMPTS = 20
"""On a busy machine a moment passes between a request's end and the step's, but not always."""
Faults = Callable[[list[dict[str, Any]]], None]
Probing = Callable[..., Probe]
Reconfigure = Callable[..., Path]


def test_login_discovery_and_use_of_a_service_are_recorded_request_by_request(probe: Probe, demo: Connection) -> None:
    network = next(demo.network.networks(name="public"))
    probe.call("network.get_network", [network.id])
    calls = [(one["service"], one["method"], one["url"], one["status"]) for one in probe.records("call")]
    assert calls == [
        ("identity", "GET", "/v3", 200),
        ("identity", "POST", "/v3/auth/tokens", 201),
        ("network", "GET", "/v2.0/networks/{id}", 200),
    ]
    last = probe.records("call")[-1]
    assert last["resource"] == "network" and last["request_id"].startswith("req-")
    assert 0 < last["duration_ms"] < 10_000 and last["attempt"] == 1


def test_no_id_and_no_query_reaches_the_journal(probe: Probe, demo: Connection) -> None:
    network = next(demo.network.networks(name="public"))
    probe.call("network.get_network", [network.id])
    probe.call("network.networks", {"name": "looked-for"})
    written = [one["url"] for one in probe.records("call")]
    assert network.id not in "".join(written) and "looked-for" not in "".join(written)


def test_connection_set_up_is_told_apart_and_counted_once(probe: Probe) -> None:
    probe.call("network.networks")
    probe.call("network.networks")
    calls = probe.records("call", service="network")
    assert calls[0]["connect_ms"] is not None and calls[0]["connect_ms"] <= calls[0]["duration_ms"]
    assert [one["connect_ms"] for one in calls[1:]] == [None] * (len(calls) - 1), "connections stay open"


def test_a_step_takes_the_time_on_the_wire_not_that_of_the_helper(probe: Probe, faults: Faults) -> None:
    probe.call("network.networks")
    faults([{"service": "neutron", "method": "GET", "path": "/networks", "delay": 0.3}])
    beside = []
    for attempt in range(ATTEMPTS):
        probe.step("call", f"Slow {attempt}", call="network.networks")
        (call,) = probe.records("call", step=f"Slow {attempt}")
        assert call["duration_ms"] >= 300
        beside.append(abs(probe.one("step", step=f"Slow {attempt}")["duration_ms"] - call["duration_ms"]))
        if beside[-1] <= 3:
            return
    pytest.fail(f"the steps took other times than their requests: {beside} ms")


@pytest.mark.parametrize(("fault", "error"), [({"drop": "before"}, True), ({"status": 500}, False)])
def test_requests_that_fail_are_on_record_with_service_and_time(
    probe: Probe, faults: Faults, fault: dict[str, Any], error: bool
) -> None:
    faults([{"service": "glance", "method": "GET", "path": "/v2/images", **fault}])
    probe.call("image.images")
    call = probe.records("call", step="Step")[-1]
    assert (call["service"], call["url"]) == ("image", "/v2/images")
    assert bool(call["error"]) is error and call["duration_ms"] > 0


def test_retries_of_keystoneauth_are_recorded_and_counted(
    probing: Probing, reconfigure: Reconfigure, faults: Faults
) -> None:
    reconfigure(network_connect_retries=3)
    probe = probing().prepare()
    probe.call("network.extensions")
    faults([{"service": "neutron", "method": "GET", "path": "/networks", "drop": "before", "times": 2}])
    answer = probe.step("call", "Retried", call="network.networks")
    assert answer["outcome"] == "passed"
    calls = probe.records("call", step="Retried")
    assert [(one["attempt"], one["status"]) for one in calls] == [(1, None), (2, None), (3, 200)]
    step = probe.one("step", step="Retried")
    assert (step["retries"], step["outcome"]) == (2, "passed")


def test_a_create_that_was_sent_twice_leaves_nothing(
    probing: Probing, reconfigure: Reconfigure, faults: Faults, demo: Connection
) -> None:
    """The cloud did its work, the answer was lost, keystoneauth asked again: there are two, and only one is known."""
    reconfigure(network_connect_retries=1)
    probe = probing().prepare()
    faults([{"service": "neutron", "method": "POST", "path": "/networks", "drop": "after", "times": 1}])
    name = probe.name("net")
    answer = probe.call("network.create_network", {"name": name}, creates="network")
    assert answer["outcome"] == "passed"
    assert len(list(demo.network.networks(name=name))) == 2
    deleted = probe.step("delete", "Delete", kind="network", id=answer["result"]["id"])
    assert deleted["outcome"] == "passed"
    probe.finish()
    assert not list(demo.network.networks(name=name))


def test_a_create_that_was_refused_only_when_it_was_repeated_leaves_nothing(
    probing: Probing, reconfigure: Reconfigure, faults: Faults, demo: Connection
) -> None:
    reconfigure(compute_connect_retries=1)
    probe = probing().prepare()
    faults([{"service": "nova", "method": "POST", "path": "/os-keypairs", "drop": "after", "times": 1}])
    name = probe.name("key")
    args = {"name": name, "public_key": {"$public_key": "x"}}
    answer = probe.call("compute.create_keypair", args, creates="keypair")
    assert (answer["outcome"], answer["status"]) == ("failed", 409)
    assert demo.compute.find_keypair(name)
    probe.finish()
    assert not demo.compute.find_keypair(name)


def test_what_belongs_to_no_scenario_is_recorded_as_the_runs_own(probing: Probing) -> None:
    probe = probing(scenario("one", services=["network"], creates=True)).prepare()
    probe.session.breaker.leftovers(timeout_s=20)
    own = probe.records("call", scenario="run", step=None)
    assert own, "discovery and the count of leftovers"
    assert not probe.records("call", scenario="one")


def test_requests_go_through_the_proxy_of_the_environment(probing: Probing, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = hostile.ForwardProxy()
    with hostile.serving(proxy) as address:
        monkeypatch.setenv("http_proxy", f"http://{address}")
        probe = probing().prepare()
        answer = probe.call("network.networks")
        assert answer["outcome"] == "passed", answer
        probe.finish()
        assert probe.close() == 0
    assert any(line.startswith("POST http://127.0.0.1:") and line.endswith("/v3/auth/tokens") for line in proxy.seen)
    assert any("/v2.0/networks" in line for line in proxy.seen)
    assert probe.records("call", service="network")[0]["connect_ms"] is not None


@pytest.mark.parametrize("interval_s", [1.0, 2.0])
def test_a_waiting_step_asks_at_most_as_often_as_configured(
    probing: Probing, demo: Connection, interval_s: float
) -> None:
    deadline_s = 3.4
    network = next(demo.network.networks(name="public"))
    probe = probing(poll_interval_s=interval_s).prepare()
    probe.step("wait", call="network.get_network", args=[network.id], until={"status": "NO"}, deadline=deadline_s)
    times = [one["start_t"] for one in probe.records("call", step="Step", resource="network")]
    assert 2 <= len(times) <= 1 + deadline_s / interval_s
    # a busy machine sends one question late and the next one in time
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) > interval_s / 2
    assert probe.one("step", step="Step")["polls"] == len(times)


def test_the_precision_of_a_wait_is_recorded(probe: Probe, demo: Connection) -> None:
    network = next(demo.network.networks(name="public"))
    probe.step("wait", call="network.get_network", args=[network.id], until={"status": "ACTIVE"})
    step = probe.one("step", step="Step")
    assert 0 < step["precision_ms"] < 1000 and step["duration_ms"] >= step["precision_ms"] and step["polls"] == 1
