"""Signals reach the playbook, the report is written all the same, and no process is left."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest
from stackprobe.journal import read
from stackprobe.results import build

from tests.integration.engine.commands import Command
from tests.integration.recording.conftest import Playbooks

SLOW = """
- name: Slow
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Quick
      ansible.builtin.debug: {msg: x}
    - name: For ever
      ansible.builtin.command: sleep 1000
"""


def sleepers(run: Command) -> list[psutil.Process]:
    """What the playbook waits for."""
    return [one for one in run.descendants("sleep 1000") if "python" not in one.name()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_playbook_and_the_report_is_written(playbooks: Playbooks, number: signal.Signals) -> None:
    run = playbooks.start(SLOW)
    run.await_record("step", step="Quick")
    tree = run.await_(lambda: sleepers(run) and run.descendants())
    run.signal(number)
    assert run.end() == 2, run.said
    assert not any(one.is_running() for one in tree)
    end = run.records("end")[0]
    assert (end["outcome"], end["reason"]) == ("error", number.name)
    assert {path.name for path in run.output.iterdir()} >= {"junit.xml", "report.html", "summary.md", "metrics.txt"}
    assert number.name in (run.output / "summary.md").read_text()


def test_a_journal_of_a_killed_playbook_is_valid_at_every_byte(playbooks: Playbooks, tmp_path: Path) -> None:
    run = playbooks.start(SLOW)
    run.await_record("step", step="Quick")
    ansible = run.await_(lambda: sleepers(run) and run.descendants("playbook.yaml"))
    tree = run.descendants()
    os.killpg(os.getpgid(ansible[0].pid), signal.SIGKILL)
    assert run.end() == 2
    assert not any(one.is_running() for one in tree), "its workers have sessions of their own"
    assert run.records("end")[0]["reason"] == "SIGKILL"
    journal = (run.output / "journal.jsonl").read_bytes()
    cut = tmp_path / "cut.jsonl"
    for size in range(0, len(journal), 7):
        cut.write_bytes(journal[:size])
        assert build(read(cut)).exit_code == 2
    assert all(json.loads(line) for line in journal.splitlines())


def test_a_command_that_is_no_program_is_refused(playbooks: Playbooks) -> None:
    run = playbooks.run(SLOW, program=Path("/no/such/ansible-playbook"))
    assert run.process.returncode == 2
    assert "is no program" in run.said and not run.output.exists()


def test_what_is_no_playbook_proves_nothing(playbooks: Playbooks) -> None:
    run = playbooks.run(SLOW, program=Path(sys.executable).with_name("ansible-inventory"))
    assert run.process.returncode == 2
    assert "no playbook was recorded" in (run.output / "summary.md").read_text()
