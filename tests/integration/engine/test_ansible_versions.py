"""Runs under every release of Ansible that is supported: they pass, fail, are killed, and fork nothing for a step.

Which ones: see tests/support/ansible_versions.py. STACKPROBE_TEST_ANSIBLES=PROGRAM:PROGRAM names them; without it and
without STACKPROBE_TEST_ALL_ANSIBLES only the Ansible of the running Python is tested, which needs no download.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.engine.commands import Command, Runs
from tests.integration.engine.test_interruptions import CREATE, HANG, REPORTS, TRUNKS
from tests.support import ansible_versions
from tests.support.ansible_versions import Program

Faults = Callable[[list[dict[str, Any]]], None]
LIFE = (
    CREATE
    + """  register: net

- name: Wait for the network
  probe_wait:
    call: network.get_network
    args: ["{{ net.result.id }}"]
    until: {status: ACTIVE}
    limit: "{{ probe_name | length }}"

- name: Compare
  probe_check:
    value: "{{ net.result }}"
    expect:
      name: "{{ probe_name }}-net"
      mtu: {min: "{{ 1 + 1 }}"}

- name: Delete the network
  probe_delete: {kind: network, id: "{{ net.result.id }}"}
"""
)
# what the plugins see in the process that they run in
SPY = """
- name: Where steps are executed
  probe_check:
    value: "{{ lookup('pipe', 'echo $PPID') }}"
    expect: {.: {set: true}}

"""


def programs() -> list[Any]:
    if os.environ.get("STACKPROBE_TEST_ANSIBLES"):
        return [pytest.param(one, id=one.name) for one in ansible_versions.given()]
    if os.environ.get("STACKPROBE_TEST_ALL_ANSIBLES"):
        names = {one: one for one in ansible_versions.OLD} | {"newest": ansible_versions.newest_name()}
        return [pytest.param(wanted, id=name) for wanted, name in names.items()]
    beside = Path(sys.executable).with_name("ansible-playbook")
    return [pytest.param(Program("the one beside this Python", beside), id="the one beside this Python")]


@pytest.fixture(params=programs(), scope="module")
def program(request: pytest.FixtureRequest) -> Program:
    """One ansible-playbook."""
    wanted = request.param
    return wanted if isinstance(wanted, Program) else ansible_versions.make(wanted)


def test_a_run_passes(runs: Runs, program: Program) -> None:
    runs.scenario("life", LIFE, creates=True, services=("network",))
    runs.scenario("spy", SPY)
    run = runs.run("--ansible-playbook", str(program.path))
    assert run.process.returncode == 0, run.said
    assert run.outcomes() == {"life": "passed", "spy": "passed"}
    assert {path.name for path in run.output.iterdir()} >= REPORTS
    steps = [one["step"] for one in run.records("step", scenario="life")]
    assert steps == ["Create the network", "Wait for the network", "Compare", "Delete the network"]
    assert run.records("resource")[-1]["state"] == "deleted"
    for noise in ("Traceback", "DEPRECATION", "[WARNING]", "[ERROR]"):
        assert noise not in (run.output / "ansible.log").read_text()


def test_a_step_forks_no_worker(runs: Runs, program: Program, faults: Faults) -> None:
    """While six steps wait for the cloud, Ansible is one process."""
    faults([TRUNKS])
    for number in range(6):
        runs.scenario(f"wait{number}", HANG)
    run = runs.start("--ansible-playbook", str(program.path))
    run.await_(lambda: len(_waiting(run)) == 6 and len(run.descendants("run.yaml")) == 1)
    run.signal(signal.SIGTERM)
    assert run.end() == 2


def _waiting(run: Command) -> list[Any]:
    """The connections to the session's socket on which an answer is waited for."""
    sockets = psutil.Process(run.process.pid).net_connections("unix")
    # the listening one was bound as "socket.new", and says so for ever; those it accepted too
    return [one for one in sockets if str(one.laddr).endswith("/socket.new") and one.raddr is not None][1:]


def test_a_run_on_a_failing_cloud_fails(runs: Runs, program: Program, faults: Faults) -> None:
    faults([{"service": "neutron", "method": "GET", "path": r"/networks/\w", "status": 503, "times": 3}])
    runs.scenario("life", LIFE, creates=True)
    runs.scenario("wrong", "- name: Ask for nothing\n  probe_call: {}\n")
    runs.scenario(
        "undefined", '- name: Use nothing\n  probe_check: {value: "{{ no }}", expect: {.: 1}}\n  ignore_errors: true\n'
    )
    runs.scenario("unreadable", "- name: [\n")
    runs.scenario("module", "- name: Compute\n  ansible.builtin.command: /no/such/program\n")
    run = runs.run("--ansible-playbook", str(program.path))
    assert run.process.returncode == 1, run.said
    bad = {name: "error" for name in ("wrong", "undefined", "unreadable", "module")}
    assert run.outcomes() == {"life": "failed", **bad}
    step = run.records("step", scenario="life", outcome="failed")[0]
    assert (step["step"], step["http_status"]) == ("Wait for the network", 503)
    for name, line in (("wrong", 2), ("undefined", 2)):
        step = run.records("step", scenario=name)[0]
        assert (step["file"], step["line"]) == (f"roles/probe_{name}/tasks/main.yaml", line)
    assert run.records("step", scenario="unreadable")[0]["file"] == "roles/probe_unreadable/tasks/main.yaml"
    assert "roles/probe_module/tasks/main.yaml:2" in run.records("scenario_end", scenario="module")[0]["message"]
    assert run.records("resource")[-1]["state"] == "deleted"


@pytest.mark.parametrize("victim", ["the run", "Ansible"])
def test_a_run_that_is_ended_tears_down(runs: Runs, program: Program, faults: Faults, victim: str) -> None:
    faults([TRUNKS])
    runs.scenario("busy", CREATE + HANG, creates=True)
    run = runs.start("--ansible-playbook", str(program.path))
    run.await_record("resource", state="created")
    if victim == "the run":
        run.signal(signal.SIGTERM)
    else:
        run.descendants("run.yaml")[0].kill()
    start = time.monotonic()
    assert run.end() == 2
    assert time.monotonic() - start < 20
    assert run.records("resource")[-1]["state"] == "deleted"
    assert run.outcomes() == {"busy": "error"}
