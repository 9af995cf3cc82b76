"""Steps that go on beside others, and calls that wait for what they set going."""

from __future__ import annotations

import time
from typing import Any

import pytest
from openstack.connection import Connection

from tests.integration.engine.driver import Probe

NEVER: dict[str, Any] = {"call": "network.networks", "until": {"#": -1}, "background": True}


def waiting(probe: Probe, name: str, zone: str, deadline: float) -> None:
    answer = probe.step("wait", name, **NEVER, zone=zone, deadline=deadline)
    assert (answer["outcome"], answer["fatal"]) == ("passed", False)


def test_steps_in_the_background_take_their_time_side_by_side(probe: Probe) -> None:
    began = time.monotonic()
    for zone in ("az1", "az2", "az3"):
        waiting(probe, "Wait", zone, 2)
    assert time.monotonic() - began < 1.5, "they do not hold up what follows"
    answer = probe.step("join", "Join")
    assert time.monotonic() - began < 5
    assert (answer["outcome"], answer["fatal"]) == ("failed", True)
    steps = probe.records("step", step="Wait")
    assert [(one["zone"], one["outcome"]) for one in sorted(steps, key=lambda one: one["zone"])] == [
        ("az1", "failed"),
        ("az2", "failed"),
        ("az3", "failed"),
    ]
    assert all(one["duration_ms"] >= 2000 for one in steps)
    assert probe.records("step", step="Join") == [], "a join is no measured step"


def test_a_join_for_a_zone_waits_for_that_zone_only(probe: Probe) -> None:
    waiting(probe, "Wait", "az1", 20)
    probe.step("check", "Check", value=1, expect={".": 1}, zone="az2", background=True)
    began = time.monotonic()
    assert probe.step("join", "Join", zone="az2")["outcome"] == "passed"
    assert time.monotonic() - began < 5


def test_a_measured_join_is_a_step_from_the_first_beginning_to_the_last_end(probe: Probe) -> None:
    for zone in ("az1", "az2"):
        step = {"call": "network.networks", "until": {"#": {"min": 0}}}
        probe.step("wait", "Wait", **step, zone=zone, background=True)
    answer = probe.step("join", "Everything is there", measure=True, limit=0.1)
    assert (answer["outcome"], answer["fatal"]) == ("failed", False), "too slow stops nothing"
    whole, parts = probe.one("step", step="Everything is there"), probe.records("step", step="Wait")
    assert (whole["kind"], whole["limit_ms"]) == ("join", 100)
    ends = [one["start_t"] * 1000 + one["duration_ms"] for one in parts]
    assert whole["start_t"] <= min(one["start_t"] for one in parts) + 0.01
    assert whole["start_t"] * 1000 + whole["duration_ms"] == pytest.approx(max(ends), abs=500)


def test_a_measured_join_is_no_step_when_something_went_wrong(probe: Probe) -> None:
    waiting(probe, "Wait", "az1", 1)
    assert probe.step("join", "Everything is there", measure=True)["outcome"] == "failed"
    assert probe.records("step", step="Everything is there") == []


def test_what_the_cloud_makes_along_is_removed_by_its_name(probe: Probe, demo: Connection) -> None:
    """By a name that only the journal knew, as when a shelved server's image is left."""
    name = probe.name("along")
    answer = probe.call("network.create_network", [], along={"network": name})
    assert answer["outcome"] == "passed"
    [made] = [one for one in probe.records("resource") if one["state"] == "intended"]
    assert (made["kind"], made["name"], made["id"]) == ("network", name, None)
    demo.network.update_network(answer["result"]["id"], name=name)
    probe.finish()
    assert probe.one("step", step="Tear down network along")["outcome"] == "passed"
    assert demo.network.find_network(name) is None


def test_what_the_cloud_deletes_by_itself_is_waited_for(probe: Probe, demo: Connection) -> None:
    made = probe.call("network.create_network", {"name": probe.name("net")}, creates="network")["result"]
    arguments = {"kind": "network", "id": made["id"], "by_itself": True}
    answer = probe.step("delete", "Wait in vain", **arguments, deadline=1)
    assert (answer["outcome"], demo.network.find_network(made["id"]) is not None) == ("failed", True)
    demo.network.delete_network(made["id"])
    assert probe.step("delete", "Wait", **arguments)["outcome"] == "passed"
    probe.finish()
    assert probe.records("resource")[-1]["state"] == "deleted"


def test_what_is_in_the_background_when_a_scenario_ends_is_given_up(probe: Probe) -> None:
    waiting(probe, "Wait", "az1", 50)
    assert probe.call("network.get_network", ["no-such-network"])["fatal"]
    began = time.monotonic()
    probe.finish()
    assert time.monotonic() - began < 5
    step = probe.one("step", step="Wait")
    assert (step["outcome"], step["message"]) == ("skipped", "given up, since the scenario ended before")
    assert probe.one("scenario_end")["outcome"] == "failed"


def test_wrong_arguments_in_the_background_are_an_error_at_the_join(probe: Probe) -> None:
    probe.step("wait", "Wait", call="network.networks", background=True)
    answer = probe.step("join", "Join")
    assert (answer["outcome"], answer["fatal"]) == ("error", True)
    assert "lacks `until`" in answer["message"]


def test_a_call_waits_for_what_it_sets_going_and_answers_with_its_end(probe: Probe) -> None:
    then = {"call": "block_storage.get_volume", "until": {"status": "available"}, "expect": {"size": 1}}
    args = {"name": probe.name("volume"), "size": 1}
    answer = probe.call("block_storage.create_volume", args, creates="volume", then=then)
    assert (answer["outcome"], answer["result"]["status"]) == ("passed", "available")
    step, calls = probe.one("step", step="Step"), probe.records("call", step="Step")
    assert step["polls"] == len([one for one in calls if one["resource"] == "volume"]) >= 1
    assert step["duration_ms"] >= calls[0]["duration_ms"] + 200, "request and effect together"
    assert step["duration_ms"] >= (calls[-1]["start_t"] - calls[0]["start_t"]) * 1000 - 50
    probe.finish()
    assert probe.records("resource")[-1]["state"] == "deleted"


def test_a_deadline_says_what_was_still_missing(probe: Probe) -> None:
    answer = probe.step("wait", "Wait", call="network.networks", until={"0.name": "nowhere"}, deadline=1)
    assert answer["outcome"] == "failed"
    assert "0.name is 'nowhere', but it is 'public'" in answer["message"]


def test_a_join_tells_the_zones_of_what_went_wrong(probe: Probe) -> None:
    for zone, wanted in (("good", "public"), ("bad", "another"), ("worse", "a third")):
        probe.step(
            "call",
            f"Look in {zone}",
            call="network.networks",
            expect={"0.name": wanted},
            zone=zone,
            background=True,
        )
    joined = probe.step("join")
    assert joined["fatal"] and joined["result"]["wrong_zones"] == ["bad", "worse"]
    assert probe.step("join")["result"]["wrong_zones"] == []


def test_who_reads_the_output_may_go_while_the_run_goes_on(probe: Probe) -> None:
    told = []

    def gone(event: dict[str, Any]) -> None:
        told.append(event)
        raise BrokenPipeError

    probe.session.recorder.listeners.insert(0, gone)
    probe.step("check", "Look", value=1, expect={".": 1}, background=True)
    assert probe.step("join", "Join")["outcome"] == "passed"
    assert probe.one("step", step="Look")["outcome"] == "passed"
    assert len(told) == 1, "nothing further"


def test_one_that_goes_wrong_ends_the_others_of_its_zone_where_it_is_wanted(probe: Probe) -> None:
    waiting(probe, "Log in", "az1", 50)
    probe.step("check", "Boot", value=1, expect={".": 2}, zone="az1", background=True)
    probe.step("wait", "Other", call="network.networks", until={"#": {"min": 0}}, zone="az2", background=True)
    began = time.monotonic()
    answer = probe.step("join", "Join", give_up=True)
    assert (answer["outcome"], answer["fatal"]) == ("failed", True)
    assert time.monotonic() - began < 20
    step = probe.one("step", step="Log in")
    assert (step["outcome"], step["message"]) == ("skipped", "given up, since what goes on beside it went wrong")
    assert probe.one("step", step="Other")["outcome"] == "passed"


def test_what_a_join_keeps_is_joined_again_with_its_figures(probe: Probe) -> None:
    for zone in ("az1", "az2"):
        probe.step("dns", "Ask", name="www.example.org", server="127.0.0.1:9", deadline=1, zone=zone, background=True)
    assert probe.step("join", "First", zone="az1", keep=True)["fatal"]
    assert probe.step("join", "Second")["result"]["wrong_zones"] == ["az1", "az2"]
    for zone in ("az1", "az2"):
        probe.step("endpoint", "Ask it", service="network", interface="public", zone=zone, background=True)
    joined = probe.step("join", "Third", measure=True, spread={"age": "certificate_days"})
    assert (joined["outcome"], joined["result"]) == ("passed", {"wrong_zones": [], "figures": {}})
    probe.step("check", "Check", value=1, expect={".": 1}, background=True)
    wrong = probe.step("join", "Fourth", measure=True, spread="since_ms")
    assert wrong["outcome"] == "error" and "`spread` must be a mapping" in wrong["message"]
