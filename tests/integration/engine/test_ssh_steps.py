"""``probe_ssh`` against genuine SSH servers and such as misbehave: every stage is measured and told apart."""

from __future__ import annotations

import itertools
import json
import os
import re
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from stackprobe.engine import console
from stackprobe.engine.activity import Activity
from stackprobe.engine.ssh import tunnel

from tests.integration.engine import hostile
from tests.integration.engine.driver import Probe
from tests.integration.engine.guests import Later, ask, log_in, public_key
from tests.support.ssh_server import SshServer, full_port, ssh_server

Faults = Callable[[list[dict[str, Any]]], None]
SERVER_ID = "6f1b3a1e-6b1c-4a63-9df5-9d1f0d1f4a55"
BANNER = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("sshd")) as one:
        yield one


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[SshServer]:
    """One of the test's own, not started."""
    one = SshServer(tmp_path / "sshd")
    yield one
    one.stop()


def ask_hostile(probe: Probe, place: str, **arguments: Any) -> dict[str, Any]:
    host, port = place.split(":")
    return ask(probe, host, int(port), **arguments)


def test_a_login_is_measured_stage_by_stage(probe: Probe, server: SshServer) -> None:
    answer = log_in(probe, server)
    assert answer["outcome"] == "passed", answer
    result = answer["result"]
    assert result["connection"] == "guest" and result["host_key_from"] == "first use" and result["attempts"] == 1
    assert result["server_version"].startswith("SSH-2.0-OpenSSH")
    shown = subprocess.run(
        ["ssh-keygen", "-lf", server.place / "host_key.pub"], capture_output=True, text=True, check=True
    )
    assert result["fingerprint"] in shown.stdout
    step = probe.one("step", kind="ssh")
    figures = step["figures"]
    assert set(figures) == {"reachable_ms", "connect_ms", "banner_ms", "login_ms"} and min(figures.values()) > 0
    stages_ms = figures["connect_ms"] + figures["banner_ms"] + figures["login_ms"]
    assert stages_ms <= step["duration_ms"] <= stages_ms + 5000
    assert step["precision_ms"] is None


def test_every_answer_tells_when_it_began_and_a_login_counts_from_there(probe: Probe, server: SshServer) -> None:
    first = probe.call("network.networks")
    behind = probe.step("check", value=1, expect={".": 1}, background=True)
    assert first["began"] < behind["began"] <= time.monotonic()
    answer = log_in(probe, server, since=str(first["began"]))
    since_ms = probe.one("step", kind="ssh")["figures"]["since_ms"]
    late_ms = since_ms - (answer["began"] - first["began"]) * 1000 - answer["duration_ms"]
    assert -1 < late_ms < 5000


def test_a_guest_that_comes_up_is_waited_for(probe: Probe, own_server: SshServer) -> None:
    up = Later(1.5, own_server.start)
    answer = log_in(probe, own_server)
    assert answer["outcome"] == "passed", answer
    step = probe.one("step", kind="ssh")
    assert step["duration_ms"] > up.ms_after(answer) and answer["result"]["attempts"] > 1
    assert 0 < step["precision_ms"] < step["duration_ms"]
    assert up.ms_after(answer) < step["figures"]["reachable_ms"] < step["duration_ms"]
    assert step["figures"]["login_ms"] < step["duration_ms"] - up.ms_after(answer), "of the last try alone"


def test_what_is_silent_at_first_is_reached_soon_after(probe: Probe) -> None:
    with full_port() as port:
        opened = Later(1.2, port.drain)
        answer = ask(probe, "127.0.0.1", port.number, deadline=4)
    assert answer["outcome"] == "failed" and "no SSH banner" in answer["message"], answer
    late_ms = probe.one("step", kind="ssh")["figures"]["reachable_ms"] - opened.ms_after(answer)
    assert 0 < late_ms < 2000


def test_nobody_answers(probe: Probe) -> None:
    with full_port() as port:
        answer = ask(probe, "127.0.0.1", port.number, deadline=1.2)
    assert answer["outcome"] == "failed" and "no TCP connection (silent)" in answer["message"], answer
    assert answer["duration_ms"] < 15_000
    refused = ask(probe, "127.0.0.1", port.number, wait=False)
    assert refused["outcome"] == "failed" and "no TCP connection (refused)" in refused["message"], refused
    assert not probe.records("step", kind="ssh")[-1]["figures"]


def test_silence_is_an_error_where_the_control_target_is_silent_too(probing: Callable[..., Probe]) -> None:
    with full_port() as port:
        probe = probing(control_target=f"127.0.0.1:{port.number}").prepare()
        answer = ask(probe, "127.0.0.1", port.number, deadline=1)
        assert answer["outcome"] == "error" and "control target" in answer["message"], answer
        probe.close()


def _drip(connection: socket.socket, over: threading.Event) -> None:
    for byte in itertools.cycle(b"SSH-2.0-x"):
        if over.wait(0.002):
            return
        connection.sendall(bytes([byte]))


def _say(data: bytes, then: Callable[[socket.socket, threading.Event], Any]) -> hostile.Handler:
    def handle(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(data)
        then(connection, over)

    return handle


def _leave(_connection: socket.socket, _over: threading.Event) -> None:
    """The connection ends."""


def _flood(connection: socket.socket, over: threading.Event) -> None:
    while not over.is_set():
        connection.sendall(os.urandom(4096))


@pytest.mark.parametrize(
    ("handle", "says"),
    [
        (hostile.silent, "no SSH banner"),
        (_leave, "closed before the SSH banner"),
        (_drip, "what answers is no SSH server; it says 'SSH-2.0-xSSH-2.0-x"),
        (_say(b"Exceeded MaxStartups\r\n", _leave), "closed before the SSH banner; it says 'Exceeded MaxStartups'"),
        (_say(b"HTTP/1.1 400 \x1b[31mBad\x07\r\n\r\n", hostile.silent), "no SSH banner; it says 'HTTP/1.1 400 Bad'"),
        (_say(b"x" * 100_000, hostile.silent), "what answers is no SSH server"),
        (_say(b"motd\r\n" * 3 + BANNER, _leave), "the key exchange fails"),
        (_say(BANNER, _flood), "the key exchange"),
        (_say(BANNER + b"\x7f\xff\xff\xfc", _flood), "the key exchange fails: a packet of 214748"),
        (_say(b"SSH-1.5-old\r\n", hostile.silent), "the key exchange fails: Incompatible version"),
        (_say(BANNER, hostile.silent), "the key exchange fails"),
    ],
)
def test_what_is_no_ssh_server_is_told_apart(probe: Probe, handle: hostile.Handler, says: str) -> None:
    with hostile.serving(handle) as place:
        began = time.monotonic()
        answer = ask_hostile(probe, place, deadline=1.5 if handle is not _drip else 10, wait=False)
    assert answer["outcome"] == "failed" and says in answer["message"], answer
    assert time.monotonic() - began < 20
    assert not re.search(r"[\x00-\x1f]", answer["message"])


def test_a_guest_that_takes_another_key_only_is_told(probe: Probe, server: SshServer) -> None:
    server.accept(public_key(probe, "another"))
    answer = ask(probe, server.host, server.port, user=server.user, deadline=3)
    assert answer["outcome"] == "failed", answer
    assert "login refused: the guest does not take the key" in answer["message"]
    assert re.search(r"within \d\.\d s, [2-9] tries", answer["message"])
    step = probe.one("step", kind="ssh")
    assert step["figures"]["reachable_ms"] and "login_ms" not in step["figures"]


def test_a_key_that_is_taken_later_is_waited_for(probe: Probe, server: SshServer) -> None:
    server.accept()
    refused = server.log.count("Failed publickey")
    Later(lambda: server.log.count("Failed publickey") > refused, server.accept, public_key(probe))
    answer = ask(probe, server.host, server.port, user=server.user)
    assert answer["outcome"] == "passed" and answer["result"]["attempts"] >= 2, answer


def test_the_furthest_stage_and_the_last_one_are_told(probe: Probe, own_server: SshServer) -> None:
    own_server.accept()
    own_server.start()
    Later(lambda: "Failed publickey" in own_server.log, own_server.stop)
    answer = ask(probe, own_server.host, own_server.port, user=own_server.user, deadline=4)
    assert answer["outcome"] == "failed" and "login refused" in answer["message"], answer
    assert "the last one: no TCP connection (refused)" in answer["message"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"key": "unknown"}, "there is no key `unknown`"),
        ({"via": "nobody"}, "there is no connection `nobody`"),
        ({"via": "a", "jump": {"host": "b"}}, "not both"),
        ({"jump": {"host": "127.0.0.1"}}, "`jump` must be a mapping with host, user and key_file"),
        ({"jump": {"host": "127.0.0.1", "user": "x", "key_file": "/nonexistent"}}, "cannot be read"),
        ({"jump": {"host": "127.0.0.1", "user": "x", "key_file": "/etc/passwd"}}, "no private key"),
        ({"host_key": "nonsense"}, "`host_key` must be a public key"),
        ({"host": "a b"}, "`host` must be an address"),
        ({"host": "-oProxyCommand=id"}, "`host` must be an address"),
        ({"port": 70000}, "`port` must be a number of 1 to 65535"),
        ({"port": "22.5"}, "whole number"),
        ({"since": "yesterday"}, "`since` must be a number"),
        ({"wait": "perhaps"}, "`wait` must be true or false"),
        ({"user": ""}, "`user` must be"),
    ],
)
def test_wrong_arguments_are_an_error(probe: Probe, arguments: dict[str, Any], says: str) -> None:
    answer = (
        ask(probe, "127.0.0.1", 9, **arguments)
        if "host" not in arguments and "port" not in arguments
        else (ask(probe, **{"host": "127.0.0.1", "port": 9, **arguments}))
    )
    assert answer["outcome"] == "error" and says in answer["message"], answer


# --- host keys


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


def _console(*lines: str) -> dict[str, Any]:
    body = json.dumps({"output": "".join(f"{line}\r\n" for line in lines)})
    return {"service": "nova", "method": "POST", "path": "/action$", "status": 200, "body": body}


def _keys(server: SshServer) -> tuple[str, ...]:
    return ("-----BEGIN SSH HOST KEY KEYS-----", server.host_key.strip(), "-----END SSH HOST KEY KEYS-----")


def test_the_console_log_names_the_host_key(
    probe: Probe, server: SshServer, own_server: SshServer, faults: Faults
) -> None:
    faults([_console("booting", *_keys(own_server), "again", *_keys(server), "login:")])
    answer = log_in(probe, server, server=SERVER_ID)
    assert answer["outcome"] == "passed" and answer["result"]["host_key_from"] == "console", answer
    assert probe.one("call", step="Log in", method="POST")["status"] == 200


def test_a_console_log_that_names_another_host_key_fails_the_login(
    probe: Probe, server: SshServer, own_server: SshServer, faults: Faults
) -> None:
    faults([_console(*_keys(own_server), "login:")])
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
    faults([_console(*lines, f"the password is {secret}", "\x1b[31mpanic\x00\x07", "-- halted --")])
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


# --- through others


def test_a_guest_is_reached_through_another(probe: Probe, server: SshServer, own_server: SshServer) -> None:
    own_server.start()
    log_in(probe, server, connection="first")
    answer = log_in(probe, own_server, connection="second", via="first")
    assert answer["outcome"] == "passed", answer
    said = probe.step("command", on="second", run="echo $SSH_CONNECTION")["result"]["stdout"].split()
    assert said[3] == str(own_server.port)
    own_server.stop()
    gone = log_in(probe, own_server, connection="second", via="first", wait=False)
    assert gone["outcome"] == "failed" and "no TCP connection (refused)" in gone["message"], gone


def test_a_guest_behind_another_is_waited_for(probe: Probe, server: SshServer, own_server: SshServer) -> None:
    log_in(probe, server, connection="first")
    up = Later(1.0, own_server.start)
    answer = log_in(probe, own_server, connection="second", via="first")
    assert answer["outcome"] == "passed" and answer["duration_ms"] > up.ms_after(answer), answer


def test_tries_through_a_guest_that_nobody_waits_for_any_more_are_closed(probe: Probe, server: SshServer) -> None:
    log_in(probe, server, connection="first")
    with full_port() as port:
        Later(2.5, port.drain)
        answer = ask(probe, "127.0.0.1", port.number, connection="second", via="first", deadline=7)
        assert answer["outcome"] == "failed" and "no SSH banner" in answer["message"], answer
        assert port.await_left(4), "a connection of an earlier try stays"


def test_many_guests_behind_one_are_tried_side_by_side(probe: Probe, server: SshServer) -> None:
    log_in(probe, server, connection="first")
    with full_port() as port:
        began = time.monotonic()
        for number in range(8):
            ask(
                probe, "127.0.0.1", port.number, via="first", wait=False, deadline=2, background=True, zone=f"z{number}"
            )
        answer = probe.step("join")
    assert answer["outcome"] == "failed" and "no TCP connection (silent)" in answer["message"], answer
    assert time.monotonic() - began < 12


def test_a_jump_host_outside_of_the_run_is_logged_in_to_once(
    probe: Probe, server: SshServer, own_server: SshServer, tmp_path: Path
) -> None:
    own_server.start()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "jump"], check=True)
    own_server.accept((tmp_path / "jump.pub").read_text())
    jump = {"host": own_server.host, "port": own_server.port, "user": own_server.user}
    jump["key_file"] = str(tmp_path / "jump")
    for name in ("a", "b"):
        answer = log_in(probe, server, jump=jump, connection=name)
        assert answer["outcome"] == "passed", answer
    answer = probe.step("connect", host=server.host, port=server.port, jump=jump)
    assert answer["outcome"] == "passed", answer
    assert own_server.log.count("Accepted publickey") == 1
    answer = probe.step("connect", host=server.host, port=server.port, jump=jump, on="a")
    assert answer["outcome"] == "error" and "not both" in answer["message"], answer
    probe.finish()
    own_server.stop()
    answer = probe.step("connect", host=server.host, port=server.port, jump=jump, open=False)
    assert answer["outcome"] == "error", "what a jump host that is gone does not reach is not closed"
    answer = ask(probe, server.host, server.port, jump=jump)
    assert answer["outcome"] == "error", answer
    private = (tmp_path / "jump").read_text().splitlines()[1]
    assert private not in (probe.output / "journal.jsonl").read_text()


def test_a_jump_host_without_a_login_is_an_error(probe: Probe, server: SshServer, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", tmp_path / "jump"], check=True)
    jump = {"host": server.host, "port": server.port, "user": server.user, "key_file": str(tmp_path / "jump")}
    answer = log_in(probe, server, jump=jump)
    assert answer["outcome"] == "error" and "no login to the jump host" in answer["message"], answer
    answer = log_in(probe, server, jump={**jump, "port": 9})
    assert answer["outcome"] == "error" and "does not take connections (refused)" in answer["message"], answer
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "geheim", "-f", tmp_path / "locked"], check=True)
    answer = log_in(probe, server, jump={**jump, "key_file": str(tmp_path / "locked")})
    assert answer["outcome"] == "error" and "has a passphrase" in answer["message"], answer


def jump_host(server: SshServer, place: Path) -> dict[str, Any]:
    """A jump host that takes our key."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / "jump"], check=True)
    server.accept((place / "jump.pub").read_text())
    return {"host": server.host, "port": server.port, "user": server.user, "key_file": str(place / "jump")}


def test_what_goes_wrong_with_a_jump_host_is_not_the_clouds_fault(
    probe: Probe, server: SshServer, own_server: SshServer, tmp_path: Path
) -> None:
    own_server.start()
    jump = jump_host(own_server, tmp_path)
    answer = log_in(probe, server, jump={**jump, "host": "nowhere.invalid"})
    assert answer["outcome"] == "error" and "no way to the jump host" in answer["message"], answer
    answer = log_in(probe, server, jump={**jump, "host_key": server.host_key})
    assert answer["outcome"] == "error" and "no login to the jump host" in answer["message"], answer
    assert log_in(probe, server, jump=jump)["outcome"] == "passed"
    Later(0.5, own_server.stop)
    answer = probe.step("command", on="guest", run="sleep 30", deadline=40)
    assert answer["outcome"] == "error" and "the connection to the jump host" in answer["message"], answer
    answer = probe.step("command", on="guest", run="true")
    assert answer["outcome"] == "error" and "is broken" in answer["message"], answer


def test_a_jump_host_that_forbids_forwarding_is_an_error(probe: Probe, server: SshServer, tmp_path: Path) -> None:
    with ssh_server(tmp_path / "sshd", "AllowTcpForwarding no") as strict:
        answer = log_in(probe, server, jump=jump_host(strict, tmp_path))
    assert answer["outcome"] == "error" and "forbids forwarding" in answer["message"], answer


def test_a_login_that_comes_after_its_scenario_is_closed(probe: Probe, server: SshServer) -> None:
    log_in(probe, server)
    connections = probe.session.engine.connections
    late = connections.get("one", "guest")
    connections.close("one")
    connections.keep("one", late)
    server.await_logins(0)
    assert connections.find("one", "guest") is None


def test_a_guest_that_takes_no_word_does_not_hold_up_who_ends_a_step() -> None:
    hanging = threading.Event()
    activity = Activity(time.monotonic() + 60)
    with activity.holding(tunnel.Closing(SimpleNamespace(close=hanging.wait))):
        began = time.monotonic()
        activity.abort("deadline")
        assert time.monotonic() - began < 10
    hanging.set()


def test_host_keys_of_a_console_log_are_found_at_once_whatever_it_is() -> None:
    began = time.monotonic()
    begin, end = "-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----"
    assert console._last_keys(begin * 30_000) is None
    assert console._last_keys(f"{begin}old{end}{begin}new{end} {begin}cut") == "new"
    assert console._last_keys(f"{end}{begin}") is None
    assert time.monotonic() - began < 10


# --- ends


def test_connections_end_with_the_scenario(probe: Probe, server: SshServer) -> None:
    log_in(probe, server)
    assert server.logins() == 1
    probe.finish()
    server.await_logins(0)
    answer = probe.step("command", on="guest", run="true")
    assert answer["outcome"] == "error", answer


def test_a_login_that_hangs_ends_with_the_run(probe: Probe) -> None:
    with hostile.serving(_say(BANNER, hostile.silent)) as place:
        ask_hostile(probe, place, background=True)
        Later(0.5, probe.session.engine.interrupt, "SIGTERM")
        began = time.monotonic()
        answer = probe.step("join")
    assert answer["outcome"] == "error" and "SIGTERM" in answer["message"], answer
    assert time.monotonic() - began < 15


def test_the_private_key_is_nowhere(probe: Probe, server: SshServer) -> None:
    log_in(probe, server)
    key = probe.session.engine.values.private_key("own", "one")
    raw = key.private_numbers().private_value.to_bytes(32, "big")
    journal = (probe.output / "journal.jsonl").read_bytes()
    assert raw not in journal and raw.hex().encode() not in journal
    assert [one.name for one in probe.output.iterdir()] == ["journal.jsonl"]
