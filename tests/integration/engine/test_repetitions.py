"""Limits and repetitions that the configuration asks for, and labels: from probes.yaml to the reports."""

from __future__ import annotations

import signal
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from stackprobe.results import Outcome

from tests.integration.engine.commands import Runs
from tests.integration.engine.driver import Probe, scenario
from tests.integration.probing import run_probes
from tests.support.clouds import inventory, settled_inventory

Probing = Callable[..., Probe]
Faults = Callable[[list[dict[str, Any]]], None]


def test_a_limit_of_the_configuration_holds_for_a_step_by_its_key(probing: Probing) -> None:
    probe = probing(within={"one": {"list_the_networks": 0.0001}}).prepare()
    answer = probe.step("call", name="List the networks", call="network.networks", limit=100)
    assert (answer["outcome"], answer["fatal"]) == ("failed", False)
    assert probe.step("call", name="List the subnets", call="network.subnets")["outcome"] == "passed"
    probe.finish()
    slow, quick = probe.records("step", scenario="one")
    assert (slow["limit_ms"], quick["limit_ms"]) == (0.1, None)
    assert slow["duration_ms"] > 0.1 and slow["message"].startswith("too slow: ")
    assert probe.one("scenario_end")["outcome"] == "failed"


def test_a_scenario_that_is_too_slow_as_a_whole_failed(probing: Probing) -> None:
    probe = probing(within={"one": {"total": 0.0001}}).prepare()
    probe.step("call", name="List the networks", call="network.networks")
    probe.finish()
    end = probe.one("scenario_end")
    assert (end["outcome"], end["limit_ms"]) == ("failed", 0.1)
    assert "the whole scenario was too slow" in end["message"] and end["duration_ms"] > 0.1
    assert [one["outcome"] for one in probe.records("step", scenario="one")] == ["passed"]
    assert probe.close() == 1


def test_a_repetition_waits_until_the_one_before_is_torn_down(probing: Probing) -> None:
    probe = probing(scenario("one"), repeat={"one": 2}).prepare()
    hosts = probe.session.requests.handle({"op": "plan"})["scenarios"]
    assert [(one["name"], one["waits"]) for one in hosts] == [("one", False), ("one-r2", True)]
    waiting = threading.Thread(
        target=lambda: probe.session.requests.handle({"op": "turn", "scenario": "one-r2"}), daemon=True
    )
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    probe.step("check", name="Check", of="one", value=1, expect={".": 1})
    probe.finish("one")
    waiting.join(2.0)
    assert not waiting.is_alive()
    probe.step("check", name="Check", of="one-r2", value=1, expect={".": 1})
    probe.finish("one-r2")
    assert probe.close() == 0
    assert [
        (one["scenario"], one.get("repetition", 1)) for one in probe.records("step") if one["scenario"] == "one"
    ] == [
        ("one", 1),
        ("one", 2),
    ]
    assert probe.one("run")["scenarios"][0]["repeat"] == 2


def test_a_repetition_that_waits_ends_with_an_interrupted_run(probing: Probing) -> None:
    probe = probing(scenario("one"), repeat={"one": 3}).prepare()
    waiting = threading.Thread(
        target=lambda: probe.session.requests.handle({"op": "turn", "scenario": "one-r2"}), daemon=True
    )
    waiting.start()
    began = time.monotonic()
    assert probe.close("SIGTERM") == 2
    waiting.join(2.0)
    assert not waiting.is_alive() and time.monotonic() - began < 10
    ends = [(one.get("repetition", 1), one["outcome"]) for one in probe.records("scenario_end")]
    assert sorted(ends) == [(1, "error"), (2, "error"), (3, "error")]


def test_a_scenario_whose_service_is_absent_is_skipped_once(probing: Probing) -> None:
    probe = probing(scenario("one", services=["object-store"]), scenario("two"), repeat={"one": 4}).prepare()
    probe.step("check", name="Check", of="two", value=1, expect={".": 1})
    probe.finish("two")
    assert probe.close() == 0
    assert [one["outcome"] for one in probe.records("scenario_end", scenario="one")] == ["skipped"]


def test_limits_repetitions_and_labels_go_from_the_configuration_to_the_reports(
    cloud: Cloud, admin: Connection, tmp_path: Path, faults: Faults
) -> None:
    before = inventory(admin)
    faults([{"service": "glance", "method": "POST", "path": "/v2/images$", "nth": 2, "status": 500}])
    run = run_probes(
        cloud.clouds_yaml,
        tmp_path / "run",
        ["image", "identity"],
        common={"deadline": 45},
        within={"identity": {"Get a token with the credentials": 0.001}, "image": {"total": 600}},
        repeat={"image": 3, "identity": 2},
        environment="production",
        zone="eu-1",
        clouds={"demo": {"label": "customer"}},
    )
    assert run.exit_code == 1, run.said
    image, identity = run.scenario("image"), run.scenario("identity")
    assert [one.outcome for one in image.repetitions] == [Outcome.PASSED, Outcome.FAILED, Outcome.PASSED], run.said
    assert [one.repetition for one in image.bad_steps] == [2] and not image.problems
    assert [one.name for one in identity.bad_steps] == [
        "Get a token with the credentials",
        "Get a token with the credentials #2",
    ]
    assert {one.limit_ms for one in identity.bad_steps} == {1.0}
    listings = [one for one in image.steps if one.key == "find_the_image_in_the_listing"]
    assert {one.deadline_ms for one in listings} == {45000.0}
    assert {one.name.partition("-image")[2][:3] for one in image.resources if one.kind == "image"} >= {"-r2", "-r3"}
    assert not [one for one in run.results.resources if one.is_leftover]
    assert settled_inventory(admin, before) == before
    lines = (run.output / "metrics.txt").read_text(encoding="utf-8")
    assert "\nstackprobe.customer.RegionOne.image.passed 2 " in f"\n{lines}"
    assert "\nstackprobe.customer.RegionOne.image.failed 1 " in f"\n{lines}" and ".image.p95_ms " in lines
    suite = next(iter(ET.fromstring((run.output / "junit.xml").read_text()).iter("testsuite")))
    properties = {one.get("name"): one.get("value") for one in suite.iter("property")}
    assert (properties["environment"], properties["zone"], properties["label"]) == ("production", "eu-1", "customer")


def test_an_interruption_ends_the_repetition_under_way_and_all_that_follow(runs: Runs, admin: Connection) -> None:
    before = inventory(admin)
    tasks = """
- name: Create the network
  probe_call: {call: network.create_network, args: {name: "{{ probe_name }}-net"}, creates: network}
"""
    runs.scenario("busy", tasks, creates=True)
    run = runs.start(repeat={"busy": 20})
    run.await_record("resource", repetition=2)
    run.signal(signal.SIGTERM)
    assert run.end() == 2, run.said
    found = run.results().scenarios[0]
    assert found.outcome is Outcome.ERROR and len(found.repetitions) == 20
    assert found.repetitions[0].outcome is Outcome.PASSED
    assert {one.outcome for one in found.repetitions[5:]} == {Outcome.ERROR}
    assert len(found.problems) <= 3, found.problems
    assert settled_inventory(admin, before) == before
