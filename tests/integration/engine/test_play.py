"""What Ansible itself runs into is an error of the probe, with file and line, and never disturbs another scenario."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pocketcloud.cloud import Cloud

from tests.integration.engine.commands import Command, Runs

Faults = Callable[[list[dict[str, Any]]], None]
HANG = {"service": "neutron", "method": "GET", "path": "/trunks", "hang": "before"}
GOOD = """
- name: List the networks
  probe_call:
    call: network.networks
"""
CASES = {
    "good": GOOD,
    "missing": GOOD
    + """
- name: Ask for nothing
  probe_call: {}
""",
    "unknown_argument": """
- name: Ask wrongly
  probe_wait:
    call: network.networks
    till: {status: ACTIVE}
""",
    "undefined": GOOD
    + """
- name: Use what is not there
  probe_call:
    call: network.get_network
    args: ["{{ nothing.result.id }}"]
""",
    "ignored_undefined": GOOD
    + """
- name: Use what is not there
  probe_call:
    call: network.get_network
    args: ["{{ nothing.result.id }}"]
  ignore_errors: true
"""
    + GOOD,
    "ignored_step": """
- name: Compare
  probe_check:
    value: 1
    expect: {.: 2}
  ignore_errors: true
"""
    + GOOD,
    "no_step": """
- name: Compute
  ansible.builtin.set_fact:
    x: "{{ nothing }}"
"""
    + GOOD,
    "ignored_no_step": """
- name: Give up
  ansible.builtin.fail:
    msg: not today
  ignore_errors: true
"""
    + GOOD,
    "crash": """
- name: Crash
  ansible.builtin.command: kill -9 $$
  args: {chdir: /nowhere}
"""
    + GOOD,
    "unknown_module": GOOD
    + """
- name: Call what does not exist
  no.such.module: {}
""",
    "syntax": """
- name: Broken
  probe_call: {call: network.networks
""",
    "broken_include": """
- name: Include what cannot be read
  ansible.builtin.include_tasks: more.yaml
""",
    "rescued": """
- name: Try
  block:
    - name: Compare
      probe_check:
        value: 1
        expect: {.: 2}
  rescue:
    - name: List the networks
      probe_call:
        call: network.networks
""",
    "hang": """
- name: Ask what never answers
  probe_call:
    call: network.trunks
    deadline: 4
""",
    "slow_loop": """
- name: Look around
  probe_call:
    call: network.get_network
    args: ["{{ item }}"]
  loop: [no-such-network]
""",
    "no_log": """
- name: Hide
  ansible.builtin.fail:
    msg: hush-hush
  no_log: true
  ignore_errors: true
"""
    + GOOD,
    "empty": "[]\n",
}


@pytest.fixture(scope="module")
def all_cases(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """One run of all cases side by side."""
    runs = Runs(tmp_path_factory.mktemp("cases"), cloud.clouds_yaml)
    for name, tasks in CASES.items():
        runs.scenario(name, tasks)
    (runs.roles / "probe_broken_include" / "tasks" / "more.yaml").write_text("---\n\n- name: [\n")
    cloud.faults([HANG])
    try:
        return runs.run()
    finally:
        cloud.faults()


def bad_steps(run: Command, scenario: str) -> list[tuple[str, str, str | None, int | None]]:
    return [
        (one["step"], one["outcome"], one["file"], one["line"])
        for one in run.records("step", scenario=scenario)
        if one["outcome"] != "passed"
    ]


def test_a_good_scenario_passes_whatever_happens_beside_it(all_cases: Command) -> None:
    assert all_cases.outcomes()["good"] == "passed"
    assert all_cases.process.returncode == 1, "some failed"


@pytest.mark.parametrize(
    ("scenario", "step", "line"),
    [
        ("missing", "Ask for nothing", 7),
        ("unknown_argument", "Ask wrongly", 3),
        ("undefined", "Use what is not there", 7),
        ("ignored_undefined", "Use what is not there", 7),
        ("ignored_no_step", "Give up", 3),
        ("no_log", "Hide", 3),
        ("syntax", "Read the role", 5),
        ("unknown_module", "Read the role", 7),
    ],
)
def test_what_cannot_be_executed_is_an_error_with_file_and_line(
    all_cases: Command, scenario: str, step: str, line: int
) -> None:
    assert all_cases.outcomes()[scenario] == "error"
    file = f"roles/probe_{scenario}/tasks/main.yaml"
    assert bad_steps(all_cases, scenario) == [(step, "error", file, line)]


def test_a_file_that_is_only_included_cannot_break_the_play_either(all_cases: Command) -> None:
    file = "roles/probe_broken_include/tasks/more.yaml"
    assert bad_steps(all_cases, "broken_include") == [("Read the role", "error", file, 4)]


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        ("no_step", ["Compute", "roles/probe_no_step/tasks/main.yaml:3", "undefined"]),
        ("crash", ["Crash", "roles/probe_crash/tasks/main.yaml:3"]),
        ("empty", ["nothing was proven"]),
    ],
)
def test_what_stops_a_scenario_without_a_step_is_said(all_cases: Command, scenario: str, says: list[str]) -> None:
    end = all_cases.records("scenario_end", scenario=scenario)[0]
    assert end["outcome"] == "error"
    for word in says:
        assert word in end["message"]


@pytest.mark.parametrize("scenario", ["ignored_step", "rescued"])
def test_neither_ignore_errors_nor_a_rescue_hides_a_failed_step(all_cases: Command, scenario: str) -> None:
    assert all_cases.outcomes()[scenario] == "failed"
    assert [one["outcome"] for one in all_cases.records("step", scenario=scenario)] == ["failed", "passed"]


def test_a_step_in_a_loop_is_judged_by_each_of_its_rounds(all_cases: Command) -> None:
    assert all_cases.outcomes()["slow_loop"] == "failed"
    assert [one["http_status"] for one in all_cases.records("step", scenario="slow_loop")] == [404]


def test_what_a_task_hides_stays_hidden(all_cases: Command) -> None:
    for file in all_cases.output.iterdir():
        # Ansible itself writes the error of such a task to its log since 2.19
        assert file.name == "ansible.log" or "hush-hush" not in file.read_text()


def test_a_scenario_that_hangs_fails_alone(all_cases: Command) -> None:
    assert all_cases.outcomes()["hang"] == "failed"
    ends = {one["scenario"]: one["t"] for one in all_cases.records("scenario_end")}
    hanging = all_cases.records("step", scenario="hang")[0]
    assert ends["good"] < hanging["t"], "nobody waited for it"


def test_a_run_of_nothing_but_errors_exits_with_2(runs: Runs) -> None:
    runs.scenario("undefined", CASES["undefined"])
    assert runs.run().process.returncode == 2


def test_five_hanging_scenarios_hold_none_of_thirty_up_even_with_one_fork(runs: Runs, faults: Faults) -> None:
    faults([HANG])
    for number in range(30):
        runs.scenario(f"s{number:02d}", CASES["hang"].replace("4", "20") if number < 5 else GOOD * 3)
    play = runs.play("--forks", "1")
    assert play.end() != 0
    outcomes = play.outcomes()
    assert [outcomes[f"s{number:02d}"] for number in range(30)] == ["failed"] * 5 + ["passed"] * 25
    ends = {one["scenario"]: one["t"] for one in play.records("scenario_end")}
    first_hung_end = min(ends[f"s{number:02d}"] for number in range(5))
    assert max(ends[f"s{number:02d}"] for number in range(5, 30)) < first_hung_end


def test_the_console_of_a_run_shows_no_noise(runs: Runs, tmp_path: Path) -> None:
    runs.scenario("good", GOOD)
    run = runs.run()
    assert run.process.returncode == 0
    for noise in ("Traceback", "Warning", "Exception"):
        assert noise not in run.said
    assert time.time() - run.records("end")[0]["t"] < 60
