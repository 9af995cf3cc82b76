"""Connections to guests: shared, broken, silent, refused, and over with their scenario."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import paramiko
import pytest
from paramiko import common
from stackprobe.engine.activity import Activity
from stackprobe.engine.ssh import tunnel

from tests.integration.engine import hostile
from tests.integration.engine.driver import Probe
from tests.integration.engine.guests import Later, Run, ask, log_in
from tests.support.ssh_server import SshServer, full_port, relay, ssh_server


def test_several_commands_share_a_connection(run: Run, probe: Probe, server: SshServer) -> None:
    before = server.log.count("Accepted publickey")
    began = time.monotonic()
    for number in range(8):
        run("sleep 1", background=True, zone=f"z{number}")
    assert probe.step("join")["outcome"] == "passed"
    assert time.monotonic() - began < 7.5
    assert server.log.count("Accepted publickey") == before


def test_a_connection_that_is_cut_within_a_command_is_told(probe: Probe, server: SshServer, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with relay(server.port) as cable:
        log_in(probe, server, port=cable.port)
        Later(mark.exists, cable.cut)
        answer = probe.step("command", on="guest", run=f"echo begun; sleep 0.5; touch {mark}; sleep 30", deadline=20)
    assert answer["outcome"] == "failed", answer
    assert "breaks before the command ended; its stdout ends with 'begun'" in answer["message"]
    answer = probe.step("command", on="guest", run="true")
    assert answer["outcome"] == "failed" and "the connection to guest (127.0.0.1) is broken" in answer["message"]


def test_a_connection_that_falls_silent_ends_the_step_in_time(probe: Probe, server: SshServer) -> None:
    with relay(server.port) as cable:
        log_in(probe, server, port=cable.port)
        cable.hold()
        began = time.monotonic()
        answer = probe.step("command", on="guest", run="true", deadline=1)
        assert answer["outcome"] == "failed" and "guest (127.0.0.1) is silent" in answer["message"], answer
        again = probe.step("connect", on="guest", host="127.0.0.1", port=server.port, deadline=1)
        assert again["outcome"] == "failed" and "is silent" in again["message"], again
        assert time.monotonic() - began < 8
        cable.go_on()
        assert probe.step("command", on="guest", run="true")["outcome"] == "passed"


def test_a_guest_that_is_silent_like_the_control_target_is_an_error(
    probing: Callable[..., Probe], server: SshServer
) -> None:
    probe = probing(control_target="127.0.0.1:9").prepare()
    with relay(server.port) as cable:
        log_in(probe, server, port=cable.port)
        cable.hold()
        answer = probe.step("command", on="guest", run="true", deadline=1)
        assert answer["outcome"] == "error" and "control target" in answer["message"], answer
        probe.close()


def test_a_server_without_commands_is_told(probe: Probe, tmp_path: Path) -> None:
    with ssh_server(tmp_path / "sshd", "MaxSessions 0") as closed:
        log_in(probe, closed)
        answer = probe.step("command", on="guest", run="true")
    assert answer["outcome"] == "failed" and "opens no session" in answer["message"], answer


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


def test_connections_end_with_the_scenario(probe: Probe, server: SshServer) -> None:
    log_in(probe, server)
    server.await_logins(1)
    probe.finish()
    server.await_logins(0)
    answer = probe.step("command", on="guest", run="true")
    assert answer["outcome"] == "error", answer


def test_a_silent_guest_is_no_closed_port(probe: Probe, server: SshServer) -> None:
    with relay(server.port) as cable, full_port() as port:
        log_in(probe, server, port=cable.port)
        asked = {"on": "guest", "host": "127.0.0.1", "port": port.number, "open": False, "timeout": 0.3}
        assert probe.step("connect", asked)["outcome"] == "passed"
        cable.hold()
        answer = probe.step("connect", asked, deadline=2)
        assert answer["outcome"] == "failed" and "guest (127.0.0.1) is silent" in answer["message"], answer


@pytest.mark.parametrize(
    ("reason", "outcome", "says"),
    [
        (common.OPEN_FAILED_UNKNOWN_CHANNEL_TYPE, "skipped", "the guest guest forbids forwarding"),
        (common.OPEN_FAILED_RESOURCE_SHORTAGE, "failed", "guest makes no connections"),
        (common.OPEN_FAILED_CONNECT_FAILED, "passed", ""),
    ],
)
def test_why_a_guest_does_not_connect_matters(probe: Probe, reason: int, outcome: str, says: str) -> None:
    with hostile.serving(refusing(reason)) as place:
        assert ask(probe, "127.0.0.1", int(place.rpartition(":")[2]))["outcome"] == "passed"
        answer = probe.step("connect", on="guest", host="127.0.0.1", port=9, open=False)
    assert answer["outcome"] == outcome and says in answer["message"], answer


def refusing(reason: int) -> hostile.Handler:
    """An SSH server that takes every key and refuses every connection."""

    def handle(connection: socket.socket, over: threading.Event) -> None:
        transport = start(connection, reason)
        over.wait()
        transport.close()

    return handle


def start(connection: socket.socket, reason: int) -> paramiko.Transport:
    """An SSH server that takes every key; to connections it says ``reason``."""

    class Server(paramiko.ServerInterface):
        def get_allowed_auths(self, username: str) -> str:
            return "publickey"

        def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
            return common.AUTH_SUCCESSFUL

        def check_channel_direct_tcpip_request(self, chanid: int, origin: object, destination: object) -> int:
            return reason

    transport = paramiko.Transport(connection)
    transport.add_server_key(paramiko.ECDSAKey.generate())
    transport.start_server(threading.Event(), Server())
    return transport


def test_a_guest_that_sends_more_than_it_may_does_not_fill_the_memory(probe: Probe) -> None:
    with hostile.serving(flooding) as place:
        assert ask(probe, "127.0.0.1", int(place.rpartition(":")[2]))["outcome"] == "passed"
        connection = probe.session.engine.connections.get("one", "guest")
        channel = connection.transport.channel("direct-tcpip", 20, ("127.0.0.1", 9))
        ends = time.monotonic() + 60
        while connection.alive:
            assert time.monotonic() < ends
            time.sleep(0.05)
        assert len(channel.in_buffer) < 2 * channel.in_window_size


def flooding(connection: socket.socket, over: threading.Event) -> None:
    """Takes every key and every connection, and sends without looking how much it may."""
    transport = start(connection, common.OPEN_SUCCEEDED)
    channel = transport.accept(60)
    part = paramiko.Message()
    part.add_byte(common.cMSG_CHANNEL_DATA)
    part.add_int(channel.remote_chanid)
    part.add_string(b"x" * 32_000)
    with contextlib.suppress(EOFError, OSError, paramiko.SSHException):
        while transport.is_active() and not over.is_set():
            transport._send_user_message(part)
    transport.close()


def test_a_handshake_that_fails_leaves_no_clock_behind(probe: Probe) -> None:
    def handle(connection: socket.socket, _over: threading.Event) -> None:
        connection.sendall(b"SSH-2.0-x\r\n")
        connection.recv(100)

    with hostile.serving(handle) as place:
        answer = ask(probe, "127.0.0.1", int(place.rpartition(":")[2]), wait=False)
    assert answer["outcome"] == "failed" and "the key exchange fails" in answer["message"], answer
    ends = time.monotonic() + 10
    while any(isinstance(one, threading.Timer) for one in threading.enumerate()):
        assert time.monotonic() < ends, threading.enumerate()
        time.sleep(0.05)
