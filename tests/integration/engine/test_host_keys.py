"""Which host key ``probe_ssh`` believes, and what it does with the console log of a guest."""

from __future__ import annotations

import re
import stat
import time
from typing import Any

import pytest
from stackprobe.engine import console

from tests.integration.engine.driver import Probe
from tests.integration.engine.guests import SERVER_ID, Faults, ask, console_log, log_in, marked
from tests.support.ssh_server import SshServer


def test_a_host_key_is_pinned_for_the_next_login_of_the_same_name(probe: Probe, own_server: SshServer) -> None:
    own_server.start()
    assert log_in(probe, own_server)["result"]["host_key_from"] == "first use"
    assert log_in(probe, own_server)["result"]["host_key_from"] == "earlier login"
    own_server.new_host_key()
    own_server.restart()
    changed = log_in(probe, own_server)
    assert changed["outcome"] == "failed" and "the host key is SHA256:" in changed["message"], changed
    assert changed["duration_ms"] < 10_000, "it is not tried until the deadline"
    assert log_in(probe, own_server, connection="another")["result"]["host_key_from"] == "first use"
    assert log_in(probe, own_server, host_key="any")["result"]["host_key_from"] == "first use"
    assert log_in(probe, own_server)["result"]["host_key_from"] == "earlier login"


def test_a_host_key_that_is_given_must_be_shown(probe: Probe, server: SshServer, own_server: SshServer) -> None:
    assert log_in(probe, server, host_key=server.host_key)["result"]["host_key_from"] == "given"
    answer = log_in(probe, server, host_key=own_server.host_key)
    assert answer["outcome"] == "failed" and "somebody else answers there" in answer["message"], answer
    assert "(given)" in answer["message"]


def test_the_console_log_names_the_host_key(
    probe: Probe, server: SshServer, own_server: SshServer, faults: Faults
) -> None:
    faults([console_log("booting", *marked(own_server.host_key), "again", *marked(server.host_key), "login:")])
    answer = log_in(probe, server, server=SERVER_ID)
    assert answer["outcome"] == "passed" and answer["result"]["host_key_from"] == "console", answer
    assert probe.one("call", step="Log in", method="POST")["status"] == 200


def test_a_console_log_that_names_another_host_key_fails_the_login(
    probe: Probe, server: SshServer, own_server: SshServer, faults: Faults
) -> None:
    faults([console_log(*marked(own_server.host_key), "login:")])
    answer = log_in(probe, server, server=SERVER_ID, deadline=4)
    assert answer["outcome"] == "failed" and "of the guest's console log: somebody else" in answer["message"], answer
    assert probe.one("step", kind="ssh")["figures"]["login_ms"] > 0
    assert probe.step("command", on="guest", run="true")["outcome"] == "error", "the login is not kept"
    anew = log_in(probe, server, server=SERVER_ID, host_key="any", deadline=4)
    assert anew["outcome"] == "passed" and anew["result"]["host_key_from"] == "first use", anew


@pytest.mark.parametrize("rule", [{"status": 404}, {"status": 500}, {"garbage": "nonsense"}, {"drop": "before"}])
def test_a_cloud_without_console_logs_lets_log_in(
    probe: Probe, server: SshServer, faults: Faults, rule: dict[str, Any]
) -> None:
    faults([{"service": "nova", "method": "POST", "path": "/action$", **rule}])
    answer = log_in(probe, server, server=SERVER_ID)
    assert answer["outcome"] == "passed" and answer["result"]["host_key_from"] == "first use", answer


def test_the_console_log_of_a_failure_is_kept_without_secrets(probe: Probe, server: SshServer, faults: Faults) -> None:
    secret = probe.session.engine.values.secret("of the guest", "one")
    lines = [f"line {number}" for number in range(20_000)]
    faults([console_log(*lines, f"the password is {secret}", "\x1b[31mpanic\x00\x07", "-- halted --")])
    server.accept()
    answer = ask(probe, server.host, server.port, server=SERVER_ID, deadline=1.5, zone="az1")
    assert answer["outcome"] == "failed", answer
    assert answer["message"].endswith("the password is *** | panic | -- halted --"), answer
    assert answer["duration_ms"] < 15_000
    step = probe.one("step", kind="ssh")
    assert step["attachments"] == ["consoles/one-log_in-az1.txt"]
    file = probe.output / step["attachments"][0]
    text = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and len(text) <= 256 * 1024
    assert text.endswith("the password is ***\npanic\n-- halted --\n") and secret not in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", text)
    ask(probe, server.host, server.port, server=SERVER_ID, deadline=1.5, zone="az1")
    assert probe.records("step", kind="ssh")[-1]["attachments"] == ["consoles/one-log_in-az1-2.txt"]


def test_a_failure_without_a_console_log_says_so(probe: Probe, server: SshServer, faults: Faults) -> None:
    faults([{"service": "nova", "method": "POST", "path": "/action$", "status": 404}])
    server.accept()
    answer = ask(probe, server.host, server.port, server=SERVER_ID, wait=False)
    assert answer["outcome"] == "failed" and answer["message"].endswith("; the cloud gives no console log"), answer
    assert not probe.one("step", kind="ssh")["attachments"]


def test_host_keys_of_a_console_log_are_found_at_once_whatever_it_is() -> None:
    began = time.monotonic()
    begin, end = "-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----"
    assert console._last_keys(begin * 30_000) is None
    assert console._last_keys(f"{begin}old{end}{begin}new{end} {begin}cut") == "new"
    assert console._last_keys(f"{end}{begin}") is None
    assert time.monotonic() - began < 10
