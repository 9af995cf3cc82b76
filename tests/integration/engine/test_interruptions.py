"""Whatever ends a run before its time: report and teardown all the same, nothing left, the right exit code."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud

from tests.integration.engine import hostile
from tests.integration.engine.commands import Command, Runs
from tests.integration.engine.driver import changed_clouds
from tests.support.clouds import inventory, settled_inventory
from tests.support.thorough import daily

Faults = Callable[[list[dict[str, Any]]], None]
TRUNKS = {"service": "neutron", "method": "GET", "path": "/trunks", "hang": "before"}
CREATE = """
- name: Create the network
  probe_call:
    call: network.create_network
    args: {name: "{{ probe_name }}-net"}
    creates: network

"""
HANG = """- name: Ask what never answers
  probe_call:
    call: network.trunks
"""
STACKPROBE = [sys.executable, "-m", "stackprobe"]
REPORTS = {"journal.jsonl", "junit.xml", "report.html", "summary.md", "metrics.txt"}


@pytest.fixture
def nothing_left(admin: Connection) -> Iterator[None]:
    """The test leaves the cloud as it found it."""
    before = inventory(admin)
    yield
    assert settled_inventory(admin, before) == before


@pytest.fixture
def hung(runs: Runs, faults: Faults, nothing_left: None) -> Callable[..., Command]:
    """Call it for a run that has made a network and then hangs; the start is that of ``runs``."""

    def start(how: str = "start", **more: Any) -> Command:
        faults([TRUNKS, {"service": "neutron", "method": "DELETE", "path": "/networks", "delay": 1}])
        runs.scenario("busy", CREATE + HANG, creates=True)
        runs.scenario("done", "- name: Compare\n  probe_check: {value: 1, expect: {.: 1}}\n")
        run: Command = getattr(runs, how)(**more)
        run.await_record("resource", state="created")
        run.await_record("scenario_end", scenario="done")
        time.sleep(0.3)  # the step that hangs is not in the journal before it ends
        return run

    return start


def torn_down(run: Command, reason: str) -> None:
    """The run ended as a probe's error: all reports are there, the network is gone."""
    assert {path.name for path in run.output.iterdir()} >= REPORTS
    assert run.outcomes() == {"busy": "error", "done": "passed"}
    assert run.records("resource")[-1]["state"] == "deleted"
    end = run.records("end")[-1]
    assert (end["outcome"], end["exit_code"], end["leftovers"]) == ("error", 2, 0)
    busy = [*run.records("step", scenario="busy"), *run.records("scenario_end", scenario="busy")]
    assert reason in f"{end['reason']} {[one['message'] for one in busy]}"
    assert not run.descendants()
    assert "Traceback" not in run.said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_run_with_teardown_and_report(hung: Callable[..., Command], number: signal.Signals) -> None:
    run = hung()
    start = time.monotonic()
    run.signal(number)
    assert run.end() == 2
    assert time.monotonic() - start < 15
    torn_down(run, number.name)


@pytest.mark.thorough
def test_a_second_signal_does_not_spoil_the_teardown(hung: Callable[..., Command]) -> None:
    run = hung()
    run.signal(signal.SIGINT)
    time.sleep(0.5)
    run.signal(signal.SIGINT)
    assert run.end() == 2
    torn_down(run, "SIGINT")


@pytest.mark.thorough
def test_a_failure_before_the_signal_is_kept(runs: Runs, faults: Faults, nothing_left: None) -> None:
    faults([TRUNKS])
    runs.scenario("bad", "- name: Compare\n  probe_check: {value: 1, expect: {.: 2}}\n  ignore_errors: true\n" + HANG)
    run = runs.start()
    run.await_record("step", outcome="failed")
    run.signal(signal.SIGTERM)
    assert run.end() == 1
    assert run.outcomes() == {"bad": "failed"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_during_the_login_ends_the_run(
    runs: Runs, cloud: Cloud, tmp_path: Path, number: signal.Signals
) -> None:
    runs.scenario("never", HANG)
    with hostile.serving(hostile.silent) as keystone:
        place = tmp_path / "silent.yaml"
        changed_clouds(cloud.clouds_yaml, place, auth={"auth_url": f"http://{keystone}/v3"})
        run = runs.start(environment={"OS_CLIENT_CONFIG_FILE": str(place)})
        run.await_record("run")
        time.sleep(0.5)
        run.signal(number)
        start = time.monotonic()
        assert run.end() == 2
        assert time.monotonic() - start < 15
    assert {path.name for path in run.output.iterdir()} >= REPORTS
    assert run.records("step", step="Authenticate", outcome="error")
    assert "Traceback" not in run.said


def test_when_ansible_is_killed_the_session_tears_down_and_reports_an_error(hung: Callable[..., Command]) -> None:
    run = hung()
    (ansible,) = [one for one in run.descendants("run.yaml") if one.ppid() == run.process.pid]
    ansible.kill()
    assert run.end() == 2
    torn_down(run, "Ansible ended with exit code -9")


def test_the_deadline_of_a_run_leaves_time_for_its_teardown(hung: Callable[..., Command]) -> None:
    start = time.monotonic()
    run = hung(deadline_s=90, teardown_reserve_s=75)
    assert run.end() == 2
    assert time.monotonic() - start < 70
    torn_down(run, "the run's time")
    step = run.records("step", scenario="busy", outcome="error")[0]
    assert "the run's time was over before the step's" in step["message"] and "deadline_s" in step["remedy"]


def test_a_killed_run_is_an_error_in_its_report_and_the_sweep_finds_what_it_left(
    hung: Callable[..., Command], runs: Runs, faults: Faults
) -> None:
    run = hung()
    run.kill()
    faults([])
    assert Command([*STACKPROBE, "report", str(run.output)], run.output, runs.environment()).end() == 0
    results = run.results()
    assert results.exit_code == 2
    assert {one.name: str(one.outcome) for one in results.scenarios} == {"busy": "error", "done": "passed"}
    sweep = Command([*STACKPROBE, "sweep", "--cloud", "demo"], run.output, runs.environment())
    assert sweep.end() == 0, sweep.said


def session_of(play: Command) -> psutil.Process:
    """The session process that a play has started; it is no child of the play, which it outlives."""
    words = ["--player", str(play.process.pid)]
    found = [
        one
        for one in psutil.process_iter(["cmdline"])
        if words == [word for word in one.info["cmdline"] or [] if word in words]
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("number", daily([signal.SIGTERM, signal.SIGKILL, signal.SIGINT], [0, 1]))
def test_a_play_of_its_own_that_is_ended_is_torn_down_by_its_session(
    hung: Callable[..., Command], number: signal.Signals
) -> None:
    run = hung("play")
    session = session_of(run)
    run.signal(number)
    run.end()
    session.wait(20)
    torn_down(run, "play")


def test_a_play_of_its_own_passes_and_ends_its_session(runs: Runs, nothing_left: None) -> None:
    runs.scenario("fair", CREATE, creates=True)
    run = runs.play()
    assert run.end() == 0, run.said
    assert run.outcomes() == {"fair": "passed"}
    assert {path.name for path in run.output.iterdir()} >= REPORTS
    assert "the reports are in" not in run.said or str(run.output) in run.said


def test_a_play_of_its_own_fails_when_the_cloud_does(runs: Runs) -> None:
    runs.scenario("bad", "- name: Compare\n  probe_check: {value: 1, expect: {.: 2}}\n")
    run = runs.play()
    assert run.end() != 0
    assert "the cloud failed" in run.said
    assert run.outcomes() == {"bad": "failed"}
