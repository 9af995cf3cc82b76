"""Every task of any playbook is recorded, and each way to end is told apart, under every supported release of Ansible.

Which ones: see tests/integration/engine/test_ansible_versions.py.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import jsonschema
import pytest
from stackprobe.cli import main
from stackprobe.journal import schema

from tests.integration.engine.commands import Command
from tests.integration.engine.test_ansible_versions import programs
from tests.integration.recording.conftest import BIN, NEAR, Playbooks
from tests.support import ansible_versions
from tests.support.ansible_versions import Program
from tests.support.leaks import leaks

SECRET = "hunter2-never-to-be-seen"
ALL_KINDS = """
- name: All kinds
  hosts: localhost
  gather_facts: false
  vars: {place: eu-01, my_password: %(secret)s}
  tasks:
    - name: Tagged for {{ place }}
      ansible.builtin.debug: {msg: x}
      tags: ["metric=create_server", "service=compute", "az={{ place }}"]
    - name: Ignored
      ansible.builtin.command: "sh -c 'echo wrong {{ my_password }} >&2; exit 3'"
      ignore_errors: true
    - block:
        - name: Inner block
          block:
            - name: Rescued
              ansible.builtin.fail: {msg: out of luck}
      rescue:
        - name: Rescue
          ansible.builtin.debug: {msg: x}
      always:
        - name: Always
          ansible.builtin.debug: {msg: x}
    - name: Loop
      ansible.builtin.assert: {that: "item != 'b'"}
      loop: [a, b]
      ignore_errors: true
    - name: Skipped
      ansible.builtin.debug: {msg: x}
      when: false
    - name: Include
      ansible.builtin.include_tasks: included.yaml
      loop: [az1, az2]
      loop_control: {loop_var: zone}
    - name: Roles
      ansible.builtin.include_role: {name: some}
    - name: Unlogged
      ansible.builtin.fail: {msg: "%(secret)s"}
      no_log: true
      ignore_errors: true
    - name: Again and again
      ansible.builtin.assert: {that: false}
      register: outcome
      until: outcome is success
      retries: 2
      delay: 0
      ignore_errors: true
    - name: In the background
      ansible.builtin.command: "true"
      async: 30
      poll: 0
    - name: Delegated
      ansible.builtin.debug: {msg: x}
      delegate_to: elsewhere
      changed_when: true
      notify: handler
  handlers:
    - name: handler
      ansible.builtin.debug: {msg: x}
- name: Ignores all errors
  hosts: localhost
  gather_facts: false
  ignore_errors: true
  roles: [broken]
  tasks:
    - name: Set a fact
      ansible.builtin.set_fact: {x: "{{ nowhere.to_be_found }}"}
    - name: Says so itself
      ansible.builtin.fail: {msg: "no"}
      ignore_errors: true
- name: Far away
  hosts: far, localhost
  gather_facts: false
  tasks:
    - name: Ping
      ansible.builtin.ping:
- name: run
  hosts: nobody
  gather_facts: false
  tasks: []
- name: Far away
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Fail
      ansible.builtin.fail: {msg: "\\e[31mred\\e[0m {{ 'long ' * 200000 }}"}
- name: Never reached
  hosts: localhost
  gather_facts: false
  tasks: []
"""


def write_all_kinds(playbooks: Playbooks) -> str:
    """The playbook, with what belongs to it beside it."""
    playbooks.write("hosts", f"localhost {NEAR}\nelsewhere {NEAR}\nfar ansible_host=127.0.0.1 ansible_port=1\n")
    playbooks.write(
        "included.yaml",
        '- name: Boot in {{ zone }}\n  ansible.builtin.debug: {msg: x}\n  tags: ["metric=boot", "az={{ zone }}"]\n',
    )
    playbooks.write("roles/some/tasks/main.yaml", "- name: In a role\n  ansible.builtin.debug: {msg: x}\n")
    playbooks.write("roles/broken/tasks/main.yaml", "- name: Break\n  ansible.builtin.fail: {msg: broken}\n")
    return ALL_KINDS % {"secret": SECRET}


def check_all_kinds(run: Command) -> None:
    """What must be in the journal, whatever the release of Ansible."""
    steps = {(one["scenario"], one["step"]): one for one in run.records("step")}
    outcomes = {key: (one["outcome"], one["handled"]) for key, one in steps.items()}
    passed = ("passed", None)
    assert outcomes == {
        ("All kinds", "Tagged for eu-01"): passed,
        ("All kinds", "Ignored"): ("passed", "ignored"),
        ("All kinds", "Rescued"): ("passed", "rescued"),
        ("All kinds", "Rescue"): passed,
        ("All kinds", "Always"): passed,
        ("All kinds", "Loop"): ("passed", "ignored"),
        ("All kinds", "Skipped"): ("skipped", None),
        ("All kinds", "Include"): passed,
        ("All kinds", "Boot in az1"): passed,
        ("All kinds", "Boot in az2"): passed,
        ("All kinds", "Roles"): passed,
        ("All kinds", "some : In a role"): passed,
        ("All kinds", "Unlogged"): ("passed", "ignored"),
        ("All kinds", "Again and again"): ("passed", "ignored"),
        ("All kinds", "In the background"): passed,
        ("All kinds", "Delegated"): passed,
        ("All kinds", "handler"): passed,
        ("Ignores all errors", "broken : Break"): ("failed", None),
        ("Ignores all errors", "Set a fact"): ("failed", None),
        ("Ignores all errors", "Says so itself"): ("passed", "ignored"),
        ("Far away", "Ping [far]"): ("failed", None),
        ("Far away", "Ping"): passed,
        ("Far away (2)", "Fail"): ("failed", None),
    }
    tagged = steps["All kinds", "Tagged for eu-01"]
    assert (tagged["metrics"], tagged["service"], tagged["zone"]) == (["create_server"], "compute", "eu-01")
    assert (tagged["key"], tagged["host"], tagged["line"]) == ("tagged_for_place", "localhost", 7)
    assert {steps["All kinds", f"Boot in az{one}"]["zone"] for one in (1, 2)} == {"az1", "az2"}
    assert {steps["All kinds", f"Boot in az{one}"]["key"] for one in (1, 2)} == {"boot_in_zone"}
    assert "exit code 3" in steps["All kinds", "Ignored"]["message"]
    assert steps["All kinds", "Again and again"]["retries"] == 2
    assert steps["Far away", "Ping [far]"]["message"].startswith("unreachable: ")
    assert "could never fail" in steps["Ignores all errors", "Set a fact"]["message"]
    items = [(one["check"], one["outcome"]) for one in run.records("check", step="Loop")]
    assert items == [("a", "passed"), ("b", "failed")]
    assert len(steps["Far away (2)", "Fail"]["message"]) < 20_000
    assert run.outcomes() == {
        "All kinds": "passed",
        "Ignores all errors": "failed",
        "Far away": "failed",
        "play run": "skipped",
        "Far away (2)": "failed",
    }
    unfinished = {one.name: one.outcome for one in run.results().scenarios if not one.finished}
    assert unfinished == {"Never reached": "error"}
    assert run.process.returncode == 1, run.said
    assert leaks([SECRET], run.output) == []


@pytest.mark.parametrize("wanted", programs())
def test_each_way_to_end_is_told_apart_under_every_release(playbooks: Playbooks, wanted: Program | str) -> None:
    program = wanted if isinstance(wanted, Program) else ansible_versions.make(wanted)
    run = playbooks.run(write_all_kinds(playbooks), program=program.path)
    check_all_kinds(run)
    for noise in ("stackprobe:", "Failure using method", "DEPRECATION"):
        assert noise not in run.said
    validator = jsonschema.Draft202012Validator(schema())
    for line in (run.output / "journal.jsonl").read_text().splitlines():
        validator.validate(json.loads(line))
    notes = [one["message"] for one in run.records("note")]
    assert any(one.startswith("rescued by the playbook, though not successful: Rescued") for one in notes)
    junit = (run.output / "junit.xml").read_text()
    assert "broken : Break" in junit and "rescued: out of luck" in junit and "\x1b" not in junit
    assert "rescued: out of luck" in (run.output / "report.html").read_text()
    assert "demo.default.All_kinds.ignored.handled 1 " in (run.output / "metrics.txt").read_text()
    assert "PLAY RECAP" in run.said


SEVERAL = """
- name: In batches
  hosts: all
  serial: 1
  gather_facts: false
  vars: {place: az1}
  tasks:
    - name: Wait
      ansible.builtin.debug: {msg: x}
      tags: "az={{ place }}"
- name: Freely
  hosts: all
  strategy: free
  gather_facts: false
  tasks:
    - name: One
      ansible.builtin.debug: {msg: x}
    - name: Two
      ansible.builtin.assert: {that: inventory_hostname != 'b'}
    - name: Three
      ansible.builtin.debug: {msg: x}
"""


def test_every_host_is_a_step_of_its_own(playbooks: Playbooks) -> None:
    playbooks.write("hosts", f"[all]\na\nb\n[all:vars]\n{NEAR.replace(' ', chr(10))}\n")
    run = playbooks.run(SEVERAL)
    steps = {(one["scenario"], one["step"]): one["outcome"] for one in run.records("step")}
    assert steps == {
        ("In batches", "Wait [a]"): "passed",
        ("In batches", "Wait [b]"): "passed",
        ("Freely", "One [a]"): "passed",
        ("Freely", "Two [a]"): "passed",
        ("Freely", "Three [a]"): "passed",
        ("Freely", "One [b]"): "passed",
        ("Freely", "Two [b]"): "failed",
    }
    assert [one["zone"] for one in run.records("step", scenario="In batches")] == ["az1", "az1"]
    assert run.outcomes() == {"In batches": "passed", "Freely": "failed"}
    assert run.process.returncode == 1


def test_without_the_command_the_environment_is_enough(
    playbooks: Playbooks, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--output", str(tmp_path / "recorded"), "--cloud", "demo", "--region", "RegionOne"]
    assert main(["record", "--print-environment", *options]) == 0
    lines = [shlex.split(line)[1] for line in capsys.readouterr().out.splitlines()]
    variables = dict(line.partition("=")[::2] for line in lines)
    playbook = playbooks.write(
        "playbook.yaml",
        "- name: Short\n  hosts: localhost\n  gather_facts: false\n  tasks:\n    - ansible.builtin.debug: {msg: x}\n",
    )
    command = [str(BIN / "ansible-playbook"), "-i", str(tmp_path / "hosts"), str(playbook)]
    run = Command(command, tmp_path / "recorded", {**playbooks.environment(), **variables})
    playbooks.started.append(run)
    assert run.end() == 0, run.said
    results = run.results()
    assert (results.cloud, results.region, results.outcome, results.finished) == ("demo", "RegionOne", "passed", True)
    assert [step.action for step in results.steps] == ["ansible.builtin.debug"]


def test_a_playbook_that_ansible_gives_up_is_an_error(playbooks: Playbooks) -> None:
    """No task failed, the journal ends as it should, and nothing was proven."""
    hosts = "- name: Short\n  hosts: localhost\n  gather_facts: false\n  tasks:\n"
    run = playbooks.run(f'{hosts}    - ansible.builtin.debug: {{msg: x}}\n      tags: "metric={{{{ nowhere }}}}"\n')
    assert run.process.returncode == 2, run.said
    assert "no task failed" in run.records("step", scenario="run")[0]["message"]
    broken = playbooks.run("- name: Broken\n  hosts: [")
    assert broken.process.returncode == 2
    assert "no playbook was recorded" in broken.records("step")[0]["message"]
    assert {path.name for path in broken.output.iterdir()} >= {"junit.xml", "report.html", "summary.md", "metrics.txt"}
