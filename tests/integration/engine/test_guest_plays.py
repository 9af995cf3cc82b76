"""Steps in guests as a scenario writes them: through Ansible, in a process of its own, into reports and metrics."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.engine.commands import Runs
from tests.support import packages
from tests.support.ssh_server import SshServer, ssh_server

Faults = Callable[[list[dict[str, Any]]], None]
KEY = """
- name: Create the key
  probe_call:
    call: compute.create_keypair
    args: {name: "{{ probe_name }}-key", public_key: {$public_key: own}}
    creates: keypair
  register: key
"""
LOGIN = """
- name: Log in
  probe_ssh:
    host: 127.0.0.1
    port: PORT
    user: USER
    key: own
    since: "{{ key.began }}"
    deadline: 20
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """One that takes every key that it is shown."""
    more = f"AuthorizedKeysCommand {packages.program('echo')} %t %k\nAuthorizedKeysCommandUser root"
    with ssh_server(tmp_path_factory.mktemp("sshd"), more) as one:
        yield one


def play(server: SshServer, *tasks: str) -> str:
    return "".join(tasks).replace("PORT", str(server.port)).replace("USER", server.user)


def test_a_scenario_logs_in_and_works_in_a_guest(runs: Runs, server: SshServer) -> None:
    tasks = play(
        server,
        KEY,
        LOGIN,
        """
- name: Say something
  probe_command:
    "on": guest
    run: "printf '%s%s 7 * 7 %s' '{' '{' '}}'; cat /dev/stdin >&2"
    stdin: "two\\nlines"
    figures: {answer_count: duration_ms}
  register: said

- name: Look at what it said
  probe_check:
    value: "{{ said.result.stdout }}"
    expect: {"#": 11}

- name: Ping
  probe_ping:
    "on": guest
    to: 127.0.0.1
    count: 2
  register: pinged

- name: Connect
  probe_connect:
    "on": guest
    host: 127.0.0.1
    port: PORT
  when: pinged.result.received == 2

- name: Need what is not there
  probe_command:
    "on": guest
    run: frobnicate
    needs: [frobnicate]
""",
    )
    runs.scenario("guest", tasks, creates=True)
    run = runs.start()
    assert run.end() == 0, run.said
    steps = {one["key"]: one for one in run.records("step", scenario="guest")}
    assert {key: one["outcome"] for key, one in steps.items() if key != "tear_down_keypair_key"} == {
        **dict.fromkeys(
            ("create_the_key", "log_in", "say_something", "look_at_what_it_said", "ping", "connect"), "passed"
        ),
        "need_what_is_not_there": "skipped",
    }, steps
    since_ms = steps["log_in"]["figures"]["since_ms"]
    apart_ms = (steps["log_in"]["start_t"] - steps["create_the_key"]["start_t"]) * 1000
    assert apart_ms + steps["log_in"]["duration_ms"] - 50 <= since_ms < 60_000
    metrics = (run.output / "metrics.txt").read_text()
    for figure in ("log_in.login_ms", "log_in.since_ms", "say_something.answer_count", "ping.rtt_p95_ms"):
        # what a busy machine has measured is no figure
        measured = not steps[figure.partition(".")[0]]["starved"]
        assert bool(re.search(rf"\.guest\.{figure} [\d.]+ ", metrics)) is measured, figure
    server.await_logins(0)


def test_a_console_log_is_kept_and_every_report_leads_to_it(runs: Runs, server: SshServer, faults: Faults) -> None:
    faults([{"service": "nova", "method": "POST", "path": "/action$", "status": 200, "body": '{"output": "panic"}'}])
    tasks = play(server, KEY, LOGIN.replace("port: PORT", "port: 9\n    server: some-id\n    wait: false"))
    runs.scenario("guest", tasks, creates=True)
    run = runs.start()
    assert run.end() == 1, run.said
    step = run.records("step", key="log_in")[0]
    assert step["outcome"] == "failed" and step["message"].endswith("; its console log ends: panic")
    name = step["attachments"][0]
    assert (run.output / name).read_text() == "panic"
    assert f'<a href="{name}">{name}</a>' in (run.output / "report.html").read_text()
    assert f"see {name}" in (run.output / "junit.xml").read_text()


def test_an_argument_that_yaml_takes_for_a_truth_value_is_told(runs: Runs) -> None:
    runs.scenario("guest", "\n- name: Say\n  probe_command:\n    on: guest\n    run: echo\n")
    run = runs.start()
    assert run.end() == 2, run.said
    message = run.records("step", key="say")[0]["message"]
    assert 'write "on"' in message or "there is no connection `guest`" in message, message


def test_a_run_that_is_ended_leaves_no_login(runs: Runs, server: SshServer) -> None:
    mark = server.place / "mark"
    sleep = f"\n- name: Sleep\n  probe_command: {{'on': guest, run: 'touch {mark}; sleep 60'}}\n"
    runs.scenario("guest", play(server, KEY, LOGIN, sleep), creates=True)
    run = runs.start()
    run.await_(mark.exists)
    run.signal(signal.SIGTERM)
    assert run.end() == 2, run.said
    step = run.records("step", key="sleep")[0]
    assert step["outcome"] == "error" and "SIGTERM" in step["message"], step
    server.await_logins(0)
