"""``probe_ssh`` against genuine SSH servers and such as misbehave: every stage is measured and told apart."""

from __future__ import annotations

import itertools
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.engine import hostile
from tests.integration.engine.driver import Probe
from tests.integration.engine.guests import Later, ask, log_in, public_key
from tests.support.ssh_server import SshServer, full_port

BANNER = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"


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
        ({"jump": {"host": "127.0.0.1"}}, "`jump` must be a mapping with host, user, one of key_file and key"),
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


def test_a_login_that_hangs_ends_with_the_run(probe: Probe) -> None:
    with hostile.serving(_say(BANNER, hostile.silent)) as place:
        ask_hostile(probe, place, background=True)
        Later(0.5, probe.session.engine.performer.interrupt, "SIGTERM")
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
