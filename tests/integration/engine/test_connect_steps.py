"""``probe_connect``, from the runner and from a guest: open, refused and silent are told apart."""

from __future__ import annotations

import errno
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from stackprobe.engine import tcp
from stackprobe.engine.activity import Activity

from tests.integration.engine.driver import Probe
from tests.integration.engine.guests import FROM, Later
from tests.support.ssh_server import full_port

UNDERWAY_MS = 500.0
"""A try that decides may have been underway when the port opened or closed: the duration ends with its beginning."""


@FROM
def test_an_open_port(guest: Probe, port: int, on: dict[str, str]) -> None:
    answer = guest.step("connect", host="127.0.0.1", port=port, **on)
    assert answer["outcome"] == "passed" and answer["result"]["state"] == "open", answer
    step = guest.one("step", kind="connect")
    assert 0 < step["figures"]["connect_ms"] < 5000 and step["polls"] is None
    assert guest.one("check", step="Step")["outcome"] == "passed"
    closed = guest.step("connect", host="127.0.0.1", port=port, open=False, **on)
    assert closed["outcome"] == "failed" and f"127.0.0.1 port {port} is open, expected closed" in closed["message"]


@FROM
def test_a_port_that_refuses(guest: Probe, port: int, on: dict[str, str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        number = unused.getsockname()[1]
        answer = guest.step("connect", host="127.0.0.1", port=number, **on)
        assert answer["outcome"] == "failed" and "is refused, expected open" in answer["message"], answer
        answer = guest.step("connect", host="127.0.0.1", port=number, open=False, **on)
        assert answer["outcome"] == "passed" and answer["result"]["state"] == "refused", answer


@FROM
def test_a_port_that_is_silent(guest: Probe, on: dict[str, str]) -> None:
    with full_port() as silent:
        answer = guest.step("connect", host="127.0.0.1", port=silent.number, timeout=0.5, **on)
        assert answer["outcome"] == "failed" and "is silent, expected open" in answer["message"], answer
        answer = guest.step("connect", host="127.0.0.1", port=silent.number, timeout=0.5, open=False, **on)
        assert answer["outcome"] == "passed" and answer["result"]["state"] == "silent", answer
        assert 450 < answer["duration_ms"] < 15_000


@FROM
def test_time_until_a_port_opens(guest: Probe, on: dict[str, str]) -> None:
    with full_port() as silent:
        opened = Later(1.2, silent.drain)
        answer = guest.step("connect", host="127.0.0.1", port=silent.number, wait=True, deadline=20, **on)
    assert answer["outcome"] == "passed", answer
    step = guest.one("step", kind="connect")
    assert step["duration_ms"] > opened.ms_after(answer) - UNDERWAY_MS
    assert 0 < step["precision_ms"] < step["duration_ms"]


@FROM
def test_time_until_a_port_closes(guest: Probe, on: dict[str, str]) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    closed = Later(1.0, listener.close)
    number = listener.getsockname()[1]
    answer = guest.step("connect", host="127.0.0.1", port=number, open=False, wait=True, **on)
    assert answer["outcome"] == "passed" and answer["result"]["state"] == "refused", answer
    step = guest.one("step", kind="connect")
    assert step["duration_ms"] > closed.ms_after(answer) - UNDERWAY_MS and step["polls"] > 1
    assert 0 < step["precision_ms"] < step["duration_ms"]


@FROM
def test_a_port_that_never_is_as_expected(guest: Probe, port: int, on: dict[str, str]) -> None:
    answer = guest.step("connect", host="127.0.0.1", port=port, open=False, wait=True, deadline=1, **on)
    assert answer["outcome"] == "failed", answer
    assert "is open, expected closed, tried" in answer["message"]
    with full_port() as silent:
        answer = guest.step("connect", host="127.0.0.1", port=silent.number, wait=True, deadline=1, **on)
    assert answer["outcome"] == "failed" and "is silent, expected open" in answer["message"], answer


def test_a_name_that_leads_nowhere(probe: Probe) -> None:
    answer = probe.step("connect", host="nowhere.invalid", port=80)
    assert answer["outcome"] == "failed" and "nowhere.invalid cannot be resolved" in answer["message"], answer


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"host": "127.0.0.1", "port": 0}, "`port` must be"),
        ({"host": "127.0.0.1", "port": 1, "timeout": 0}, "`timeout` must be"),
        ({"host": "127.0.0.1", "port": 1, "on": "nobody"}, "there is no connection `nobody`"),
        ({"host": "127.0.0.1"}, "lacks `port`"),
    ],
)
def test_wrong_arguments_are_an_error(probe: Probe, arguments: dict[str, Any], message: str) -> None:
    answer = probe.step("connect", **arguments)
    assert answer["outcome"] == "error" and message in answer["message"], answer


@FROM
def test_a_port_that_was_not_tried_long_enough_is_not_closed(guest: Probe, on: dict[str, str]) -> None:
    with full_port() as port:
        answer = guest.step("connect", host="127.0.0.1", port=port.number, open=False, timeout=30, deadline=1, **on)
    assert answer["outcome"] == "failed" and "the time was over before" in answer["message"], answer


@pytest.mark.parametrize("kind", ["ping", "connect", "ssh"])
def test_a_runner_without_ipv6_is_skipped(
    guest: Probe, kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "if_inet6").write_text("00000000000000000000000000000001 01 80 10 80       lo\n")
    monkeypatch.setattr(tcp, "_ADDRESSES", tmp_path / "if_inet6")
    monkeypatch.setattr(socket.socket, "connect_ex", lambda *_: errno.ENETUNREACH)
    arguments: dict[str, dict[str, Any]] = {
        "ping": {"to": "2001:db8::1"},
        "connect": {"host": "2001:db8::1", "port": 22, "open": False},
        "ssh": {"host": "2001:db8::1", "user": "guest", "key": "own"},
    }
    if kind == "ping":
        own = tmp_path / "ping"
        own.write_text("#!/bin/sh\necho 'ping: connect: Network is unreachable'; exit 2\n")
        own.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    answer = guest.step(kind, arguments[kind])
    assert answer["outcome"] == "skipped" and answer["message"] == "the runner has no IPv6", answer


def test_one_address_that_refuses_does_not_speak_for_the_other() -> None:
    with full_port() as silent, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        places = [*tcp.resolve("127.0.0.1", closed.getsockname()[1]), *tcp.resolve("127.0.0.1", silent.number)]
        found = tcp.knock(places, Activity(time.monotonic() + 60), 1.0, 0.1)
        assert found.state == tcp.SILENT
        assert tcp.knock(places[:1], Activity(time.monotonic() + 60), 1.0, 0.1).state == tcp.REFUSED
