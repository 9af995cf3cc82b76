"""How parts make a whole: scenarios and runs take the worst of their parts, and nothing proven is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from stackprobe.journal import FORMAT

from tests.integration.engine.driver import Probe, scenario

Probing = Callable[..., Probe]
Faults = Callable[[list[dict[str, Any]]], None]


def pass_one(probe: Probe, of: str) -> None:
    assert probe.step("call", of=of, call="network.networks")["outcome"] == "passed"
    probe.finish(of)


def err_one(probe: Probe, of: str) -> None:
    assert probe.step("call", "Wrong", of=of)["outcome"] == "error"
    probe.finish(of)


def fail_one(probe: Probe, of: str) -> None:
    assert probe.step("check", "Check", of=of, value=1, expect={".": 2})["outcome"] == "failed"
    probe.finish(of)


@pytest.mark.parametrize(
    ("parts", "outcome", "code"),
    [
        ([pass_one, pass_one], "passed", 0),
        ([pass_one, err_one], "error", 2),
        ([pass_one, fail_one], "failed", 1),
        ([err_one, fail_one], "failed", 1),
    ],
)
def test_a_run_takes_the_worst_of_its_scenarios(probing: Probing, parts: list[Any], outcome: str, code: int) -> None:
    probe = probing(scenario("one"), scenario("two")).prepare()
    for part, name in zip(parts, ("one", "two"), strict=True):
        part(probe, name)
    assert probe.close() == code
    end = probe.one("end")
    assert (end["outcome"], end["exit_code"]) == (outcome, code)


def test_a_scenario_takes_the_worst_of_its_steps(probe: Probe) -> None:
    probe.step("check", "Good", value=1, expect={".": 1})
    probe.step("check", "Bad", value=1, expect={".": 2})
    probe.step("call", "Wrong")
    probe.finish()
    assert probe.one("scenario_end")["outcome"] == "failed"
    assert [one["outcome"] for one in probe.records("step", scenario="one")] == ["passed", "failed", "error"]


def test_a_scenario_without_steps_proves_nothing(probe: Probe) -> None:
    probe.finish()
    assert probe.one("scenario_end")["outcome"] == "error"
    assert probe.close() == 2


def test_a_scenario_that_nobody_ended_is_an_error(probe: Probe) -> None:
    probe.call("network.networks")
    assert probe.close(problem="the play ended before it") == 2
    end = probe.one("scenario_end")
    assert end["outcome"] == "error" and "unfinished" in end["message"]


def test_a_scenario_that_nobody_ended_stays_failed_if_a_step_had_failed(probe: Probe) -> None:
    probe.step("check", value=1, expect={".": 2})
    assert probe.close() == 1
    end = probe.one("scenario_end")
    assert end["outcome"] == "failed" and "unfinished" in end["message"]


def test_a_service_that_is_not_in_the_catalog_skips_its_scenarios(probing: Probing) -> None:
    probe = probing(scenario("one"), scenario("two", services=["object-store"])).prepare()
    assert [one.name for one in probe.session.runnable] == ["one"]
    pass_one(probe, "one")
    assert probe.close() == 0
    end = probe.one("scenario_end", scenario="two")
    assert end["outcome"] == "skipped" and "object-store" in end["message"]


def test_a_run_in_which_everything_was_skipped_is_an_error(probing: Probing) -> None:
    probe = probing(scenario("one", services=["object-store"])).prepare()
    assert probe.close() == 2
    end = probe.one("end")
    assert (end["outcome"], end["exit_code"]) == ("error", 2)


def test_a_promised_service_that_is_gone_fails_its_scenarios(probing: Probing) -> None:
    probe = probing(scenario("one", services=["object-store"]), services=("object-store",)).prepare()
    assert probe.close() == 1
    assert probe.one("scenario_end")["outcome"] == "failed"


def test_a_promised_service_that_is_gone_fails_the_run_also_when_no_scenario_needs_it(probing: Probing) -> None:
    probe = probing(services=("object-store", "network")).prepare()
    pass_one(probe, "one")
    assert probe.close() == 1
    assert probe.one("step", scenario="run", outcome="failed")["message"].startswith("the configuration promises")


def test_a_catalog_name_of_old_counts_as_the_official_one(probing: Probing) -> None:
    probe = probing(scenario("one", services=["block-storage"])).prepare()
    assert [one.name for one in probe.session.runnable] == ["one"]


def test_a_skipped_step_does_not_hide_the_others(probe: Probe) -> None:
    assert probe.call("network.networks", skip="the cloud has no such thing")["outcome"] == "skipped"
    assert probe.call("network.networks")["outcome"] == "passed"
    probe.finish()
    assert probe.one("scenario_end")["outcome"] == "passed"


def test_a_task_that_failed_before_its_step_could_be_executed_is_an_error_even_if_it_is_ignored(probe: Probe) -> None:
    request = {"op": "task_failed", "scenario": "one", "name": "Look", "file": "roles/probe_one/tasks/main.yaml"}
    probe.session.requests.handle(
        {**request, "action": "probe_call", "ignored": True, "message": "'x' is undefined", "line": 3}
    )
    pass_one(probe, "one")
    step = probe.one("step", step="Look")
    assert (step["outcome"], step["line"]) == ("error", 3)
    assert probe.close() == 2


def test_no_step_of_a_scenario_that_is_over_is_executed(probe: Probe) -> None:
    pass_one(probe, "one")
    answer = probe.call("network.create_network", {"name": probe.name("late")}, creates="network")
    assert answer["fatal"] and "over" in answer["message"]
    assert not probe.records("resource")


def test_nothing_is_created_once_too_much_of_earlier_runs_is_left(
    probing: Probing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stackprobe.engine.breaker.find_leftovers", lambda *_: list(range(3)))
    probe = probing(scenario(creates=True), max_leftovers=2).prepare()
    answer = probe.call("network.create_network", {"name": probe.name("net")}, creates="network")
    assert answer["outcome"] == "error" and "stackprobe sweep" in answer["message"]
    assert probe.call("network.networks")["outcome"] == "passed", "reading goes on"
    assert not probe.records("resource")


def test_a_runner_that_starved_is_marked_and_not_blamed_on_the_cloud(
    probe: Probe, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults([{"service": "neutron", "method": "GET", "path": "/networks", "delay": 0.4}])
    monkeypatch.setattr(probe.session.engine.heartbeat, "starved", lambda *_: True)
    assert probe.call("network.networks", limit=0.1)["outcome"] == "passed"
    assert probe.one("step", step="Step")["starved"]


def test_every_interruption_leaves_a_journal_that_follows_its_schema(probe: Probe) -> None:
    probe.call("network.networks")
    probe.close("SIGTERM")
    assert probe.one("end")["reason"] == "SIGTERM"
    assert probe.one("run")["version"] == FORMAT


def test_what_a_thread_that_was_given_up_says_after_the_end_changes_nothing(probe: Probe) -> None:
    pass_one(probe, "one")
    assert probe.close() == 0
    before = (probe.output / "journal.jsonl").read_bytes()
    probe.session.recorder.write("note", scenario=None, level="info", message="late")
    assert probe.session.recorder.blind is None
    assert (probe.output / "journal.jsonl").read_bytes() == before
