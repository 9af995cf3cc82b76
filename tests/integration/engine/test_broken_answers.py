"""The cloud breaks its promise on the wire: each way of it makes the step ``failed``, with its status if it has one."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection

from tests.integration.engine import hostile
from tests.integration.engine.driver import Probe

Faults = Callable[[list[dict[str, Any]]], None]
LIST = {"service": "neutron", "method": "GET", "path": r"^/v2\.0/networks"}
POST = {"service": "neutron", "method": "POST", "path": r"^/v2\.0/networks"}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_fails_the_step_with_its_status(probe: Probe, faults: Faults, status: int) -> None:
    faults([{**LIST, "status": status}])
    answer = probe.call("network.networks")
    assert (answer["outcome"], answer["status"], answer["fatal"]) == ("failed", status, True)
    assert probe.one("call", step="Step")["status"] == status
    probe.finish()
    assert probe.one("scenario_end")["outcome"] == "failed"
    assert probe.close() == 1


def test_a_dropped_connection_fails_the_step(probe: Probe, faults: Faults) -> None:
    faults([{**LIST, "drop": "before"}])
    answer = probe.call("network.networks")
    assert (answer["outcome"], answer["status"]) == ("failed", None)
    call = probe.one("call", step="Step")
    assert call["status"] is None and call["error"]


def test_a_create_whose_answer_was_lost_is_torn_down_by_name(probe: Probe, faults: Faults, demo: Connection) -> None:
    faults([{**POST, "drop": "after"}])
    name = probe.name("net")
    assert probe.call("network.create_network", {"name": name}, creates="network")["outcome"] == "failed"
    assert list(demo.network.networks(name=name)), "the fault let the cloud do its work"
    probe.finish()
    assert not list(demo.network.networks(name=name))
    assert [one["state"] for one in probe.records("resource")] == ["intended", "deleted"]


@pytest.mark.parametrize("fault", [{"truncate": 10}, {"garbage": True}, {"garbage": "null and void"}])
def test_an_answer_that_is_cut_or_no_json_fails_the_step(probe: Probe, faults: Faults, fault: dict[str, Any]) -> None:
    faults([{**LIST, **fault}])
    assert probe.call("network.networks")["outcome"] == "failed"


def test_garbage_that_the_sdk_swallows_fails_the_step_all_the_same(
    probe: Probe, faults: Faults, demo: Connection
) -> None:
    network = next(demo.network.networks(name="public"))
    faults([{**LIST, "garbage": True}])
    answer = probe.call("network.get_network", [network.id])
    assert (answer["outcome"], answer["status"]) == ("failed", 200)
    assert "not JSON" in answer["message"]


def test_garbage_fails_the_step_also_when_a_later_request_of_it_goes_well(probe: Probe, faults: Faults) -> None:
    name = probe.name("net")
    created = probe.call("network.create_network", {"name": name}, creates="network")["result"]["id"]
    faults([{"service": "neutron", "method": "PUT", "path": "/networks/", "garbage": "{", "times": 1}])
    answer = probe.call("network.set_tags", [{"id": created}, ["a"]])
    assert answer["outcome"] in ("failed", "error")  # whatever the SDK makes of it: not passed
    answer = probe.step("wait", call="network.get_network", args=[created], until={"status": "ACTIVE"})
    assert answer["outcome"] == "passed"


def test_garbage_that_a_waiting_step_gets_once_is_passed_and_counted_as_retried(
    probe: Probe, faults: Faults, demo: Connection
) -> None:
    network = next(demo.network.networks(name="public"))
    faults([{**LIST, "garbage": True, "times": 1}])
    answer = probe.step("wait", call="network.get_network", args=[network.id], until={"status": "ACTIVE"})
    assert answer["outcome"] == "passed"
    assert probe.one("step", step="Step")["retries"] == 1


def test_a_429_without_end_fails_the_step(probe: Probe, faults: Faults) -> None:
    faults([{**LIST, "status": 429, "retry_after": 0}])
    answer = probe.call("network.networks")
    assert (answer["outcome"], answer["status"]) == ("failed", 429)
    assert [one["attempt"] for one in probe.records("call", step="Step")] == [1, 2, 3, 4]


def test_a_429_that_names_no_time_is_not_tried_again(probe: Probe, faults: Faults) -> None:
    faults([{**LIST, "status": 429}])
    assert probe.call("network.networks")["status"] == 429
    probe.one("call", step="Step")


@pytest.mark.parametrize("after", [1, "date"])
def test_a_429_that_recovers_is_passed_and_each_attempt_is_on_record(probe: Probe, faults: Faults, after: Any) -> None:
    if after == "date":
        after = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 2))
    faults([{**LIST, "status": 429, "retry_after": after, "times": 1}])
    answer = probe.call("network.networks")
    assert answer["outcome"] == "passed"
    assert [(one["status"], one["attempt"]) for one in probe.records("call", step="Step")] == [(429, 1), (200, 2)]
    step = probe.one("step", step="Step")
    assert step["retries"] == 1 and step["duration_ms"] > 500


def test_a_429_that_asks_for_more_time_than_the_step_has_fails_at_once(probe: Probe, faults: Faults) -> None:
    faults([{**LIST, "status": 429, "retry_after": 30}])
    start = time.monotonic()
    assert probe.call("network.networks", deadline=5)["status"] == 429
    assert time.monotonic() - start < 5


def test_two_server_errors_while_waiting_are_borne_the_third_fails(
    probe: Probe, faults: Faults, demo: Connection
) -> None:
    network = next(demo.network.networks(name="public"))
    wait = {"call": "network.get_network", "args": [network.id], "until": {"status": "ACTIVE"}}
    faults([{**LIST, "status": 503, "times": 2}])
    assert probe.step("wait", "Bear it", **wait)["outcome"] == "passed"
    assert probe.one("step", step="Bear it")["retries"] == 2
    faults([{**LIST, "status": 503}])
    answer = probe.step("wait", "Bear no more", **wait)
    assert (answer["outcome"], answer["status"]) == ("failed", 503)
    assert len(probe.records("call", step="Bear no more")) == 3


def test_a_hanging_answer_ends_with_the_deadline(probe: Probe, faults: Faults) -> None:
    faults([{**LIST, "hang": "before"}])
    start = time.monotonic()
    answer = probe.call("network.networks", deadline=1)
    assert answer["outcome"] == "failed" and "deadline" in answer["message"]
    assert 0.9 < time.monotonic() - start < 5
    assert probe.one("call", step="Step")["error"], "the request that got no answer is on record"
    assert probe.one("step", step="Step")["deadline_ms"] == 1000


def test_a_question_that_hangs_until_the_deadline_tells_what_was_seen_before(
    probe: Probe, faults: Faults, demo: Connection
) -> None:
    network = next(demo.network.networks(name="public"))
    faults([{**LIST, "hang": "before", "nth": 2}])
    answer = probe.step("wait", call="network.get_network", args=[network.id], until={"status": "GONE"}, deadline=3)
    assert (answer["outcome"], answer["status"]) == ("failed", None)
    assert answer["message"].startswith("deadline passed during GET /v2.0/networks/{id}")
    assert "; last seen: status ACTIVE" in answer["message"]


@pytest.mark.parametrize(
    "server",
    [
        lambda: hostile.serving(hostile.silent),
        lambda: hostile.serving(hostile.dripping),
        lambda: hostile.serving(hostile.dripping_headers),
        hostile.never_accepting,
    ],
    ids=["never answers", "endless body", "endless headers", "never connects"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_step_ends_with_its_deadline_whatever_the_server_does(
    probing: Callable[..., Probe], reconfigure: Callable[..., Path], server: Any, scheme: str
) -> None:
    with server() as address:
        reconfigure(network_endpoint_override=f"{scheme}://{address}/v2.0")
        probe = probing().prepare()
        start = time.monotonic()
        answer = probe.call("network.networks", deadline=1)
        assert answer["outcome"] == "failed", answer
        assert time.monotonic() - start < 6
        assert probe.records("call", step="Step"), "what got no answer is on record"


def test_a_streamed_download_ends_with_its_deadline(probing: Callable[..., Probe], reconfigure: Any) -> None:
    with hostile.serving(hostile.dripping) as address:
        reconfigure(image_endpoint_override=f"http://{address}/v2")
        probe = probing().prepare()
        start = time.monotonic()
        answer = probe.call("image.get", ["/images/x/file"], deadline=1)
        assert answer["outcome"] == "failed", answer
        assert time.monotonic() - start < 6


def test_waiting_past_the_deadline_fails_and_says_what_was_seen_last(probe: Probe, demo: Connection) -> None:
    network = next(demo.network.networks(name="public"))
    answer = probe.step("wait", call="network.get_network", args=[network.id], until={"status": "GONE"}, deadline=1.5)
    assert answer["outcome"] == "failed"
    assert "deadline" in answer["message"] and "ACTIVE" in answer["message"]


def test_slower_than_the_limit_fails_with_the_true_time_and_the_scenario_goes_on(probe: Probe, faults: Faults) -> None:
    faults([{**LIST, "delay": 0.6}])
    answer = probe.call("network.networks", limit=0.3)
    assert (answer["outcome"], answer["fatal"]) == ("failed", False)
    assert "too slow" in answer["message"] and answer["result"], "the step did what it should"
    step = probe.one("step", step="Step")
    assert step["duration_ms"] >= 600 and step["limit_ms"] == 300
    faults([])
    assert probe.step("call", "Next", call="network.networks")["outcome"] == "passed"
    assert probe.close() == 1


def test_a_slow_failure_is_reported_as_what_it_is(probe: Probe, faults: Faults) -> None:
    faults([{**LIST, "delay": 0.4, "status": 500}])
    answer = probe.call("network.networks", limit=0.1)
    assert answer["status"] == 500 and "slow" not in answer["message"]
