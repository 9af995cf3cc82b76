"""Playbooks in the style of ApiMon's: the figures that ApiMon would have had, the verdicts that it would have missed.

ApiMon looks at tasks of cloud modules, scripts and commands only: its playbooks fail in a `set_fact`, in a play that
ignores all errors, in an include, and are stored as passed.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from stackprobe import namings
from stackprobe.results import Outcome, Results, from_directory

from tests.integration.engine.commands import Command
from tests.integration.recording.conftest import Playbooks

PLAYBOOK = """
- name: Scenario 2 - Simple ECE
  hosts: localhost
  gather_facts: false
  vars: {prefix: scenario2-4711, availability_zone: eu-de-01}
  tasks:
    - name: Create Server
      ansible.builtin.command: "true"
      tags: ["metric=create_server", "service=compute", "az={{ availability_zone }}"]
    - name: Wait for {{ prefix }}
      ansible.builtin.command: "true"
      tags: ["metric=create_server", "service=compute", "az={{ availability_zone }}"]
    - name: Find what is not there
      ansible.builtin.command: "false"
      ignore_errors: true
      tags: ["metric=find_server", "service=compute"]
    - name: Not everywhere
      ansible.builtin.command: "true"
      when: false
      tags: ["metric=create_volume", "service=volume"]
    - block:
        - name: Delete Server
          ansible.builtin.command: "true"
          tags: ["metric=delete_server", "metric=delete_server_{{ availability_zone }}", "az=own"]
      tags: ["service=compute", "az=around"]
    - name: Take the address
      ansible.builtin.set_fact: {address: "{{ nothing.of_the_kind }}"}
- name: Scenario 3 - never fails
  hosts: localhost
  gather_facts: false
  ignore_errors: true
  tasks: []
"""
IGNORING = """
- name: Scenario 4 - volumes
  hosts: localhost
  gather_facts: false
  ignore_errors: true
  tasks:
    - name: Delete Volume
      ansible.builtin.command: "false"
      tags: ["metric=delete_volume", "service=volume"]
    - name: Look at the size
      ansible.builtin.set_fact: {size: "{{ nothing.of_the_kind }}"}
"""
INTERESTING = ("script", "command", "wait_for_connection", "wait_for")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Command, Command]:
    """Both playbooks."""
    found = []
    for number, text in enumerate((PLAYBOOK, IGNORING)):
        playbooks = Playbooks(tmp_path_factory.mktemp(f"apimon-{number}"))
        try:
            found.append(playbooks.run(text))
        finally:
            playbooks.end()
    return found[0], found[1]


def series(results: Results, kind: str, leaf: str) -> dict[str, float]:
    """The metrics of a run that are not 0, by what stands behind environment and zone."""
    root = f"stats.{kind}.apimon.metric.demo.default."
    names = ((name, value) for name, value in namings.points(results, ["apimon"]) if name.startswith(root))
    return {
        name[len(root) :].removesuffix(f".{leaf}"): value
        for name, value in names
        if value and name.endswith(f".{leaf}")
    }


def verdict_of_apimon(results: Results) -> str:
    """ApiMon's verdict: only tasks that it finds interesting, and that Ansible does not ignore."""
    interesting = [step for step in results.steps if (step.action or "").rpartition(".")[2] in INTERESTING]
    ignored = [step for step in interesting if step.handled == "ignored" or "ignores errors" in (step.message or "")]
    bad = [step for step in interesting if step.outcome.is_bad and step not in ignored]
    return "failed" if bad else "passed"


def test_the_series_of_apimon_can_be_given(recorded: tuple[Command, Command]) -> None:
    results = from_directory(recorded[0].output)
    assert series(results, "counters", "count") == {
        "create_server.eu-de-01.attempted": 1,
        "create_server.eu-de-01.passed": 1,
        "find_server.attempted": 1,
        "find_server.failedignored": 1,
        "create_volume.attempted": 1,
        "create_volume.skipped": 1,
        "delete_server.own.attempted": 1,
        "delete_server.own.passed": 1,
        "delete_server_eu-de-01.own.attempted": 1,
        "delete_server_eu-de-01.own.passed": 1,
    }
    parts = [step.duration_ms for step in results.steps if step.metrics == ("create_server",)]
    assert len(parts) == 2 and min(parts) > 0
    assert series(results, "timers", "sum")["create_server.eu-de-01.passed"] == pytest.approx(sum(parts))
    assert results.scenarios[0].services == ["compute", "volume"]


@pytest.mark.parametrize(("options", "outcome"), [((), "passed"), (("--count-rescued",), "failed")])
def test_a_rescued_failure_counts_on_request(options: tuple[str, ...], outcome: str, tmp_path: Path) -> None:
    """ApiMon stores such a playbook as failed. Its metric has failed in any case."""
    playbooks = Playbooks(tmp_path)
    tasks = """
- hosts: localhost
  gather_facts: false
  tasks:
    - block:
        - name: Restore
          ansible.builtin.command: "false"
          tags: ["metric=restore_volume_backup"]
      rescue:
        - ansible.builtin.debug: {msg: x}
"""
    try:
        run = playbooks.run(tasks, record=("--cloud", "demo", *options))
    finally:
        playbooks.end()
    results = from_directory(run.output)
    assert (run.process.returncode, results.outcome) == (int(outcome == "failed"), outcome)
    restore = results.steps[0]
    assert (restore.name, restore.outcome) == ("Restore", outcome) and "rescue" in (restore.message or "")
    assert series(results, "counters", "count")["restore_volume_backup.failed"] == 1


def test_what_apimon_stored_as_passed_has_failed(recorded: tuple[Command, Command]) -> None:
    for run, names in zip(recorded, (["Take the address"], ["Delete Volume", "Look at the size"]), strict=True):
        results = from_directory(run.output)
        assert verdict_of_apimon(results) == "passed"
        assert results.outcome is Outcome.FAILED and run.process.returncode == 1
        assert [step.name for step in results.steps if step.outcome.is_bad] == names


def test_the_name_of_a_metric_does_not_change_from_run_to_run(recorded: tuple[Command, Command]) -> None:
    """ApiMon's names carry the number of the job."""
    names = Path(recorded[0].output, "metrics.txt").read_text()
    assert ".wait_for_prefix.eu-de-01.duration_ms " in names and "4711" not in names
