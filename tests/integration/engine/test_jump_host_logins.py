"""Logins through existing jump hosts, several at a time: one login to a jump host for all, and no wait for others'."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from stackprobe.engine.ssh import jump as jump_hosts

from tests.integration.engine.driver import Probe
from tests.integration.engine.guests import ask, jump_host, log_in, public_key
from tests.support.ssh_server import SshServer, full_port, ssh_server

GUESTS = 8


@pytest.fixture
def bastion(tmp_path: Path) -> Iterator[SshServer]:
    with ssh_server(tmp_path / "bastion") as one:
        yield one


def test_many_guests_at_once_share_one_login(
    probe: Probe, server: SshServer, bastion: SshServer, tmp_path: Path
) -> None:
    jump = jump_host(bastion, tmp_path)
    server.accept(public_key(probe))
    for number in range(GUESTS):
        arguments = {"user": server.user, "jump": jump, "background": True, "zone": f"guest{number}"}
        ask(probe, server.host, server.port, **arguments)
    answer = probe.step("join")
    assert answer["outcome"] == "passed", answer
    assert bastion.log.count("Accepted publickey") == 1 and server.log.count("Accepted publickey") == GUESTS
    assert {one["outcome"] for one in probe.records("step", kind="ssh")} == {"passed"}


def test_a_silent_jump_host_holds_up_no_other_one(
    probe: Probe, server: SshServer, bastion: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jump_hosts, "_CONNECT_S", 6.0)
    jump = jump_host(bastion, tmp_path)
    with full_port() as silent:
        beyond = {**jump, "port": silent.number}
        ask(probe, server.host, server.port, jump=beyond, background=True, zone="lost")
        answer = log_in(probe, server, jump=jump, zone="found")
        assert answer["outcome"] == "passed", answer
        assert probe.step("join")["outcome"] == "error"
    assert [one["zone"] for one in probe.records("step", kind="ssh")] == ["found", "lost"], "in the order of their ends"


def test_who_waits_for_a_login_that_fails_does_not_try_it_again(
    probe: Probe, server: SshServer, bastion: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jump_hosts, "_CONNECT_S", 3.0)
    jump = jump_host(bastion, tmp_path)
    server.accept(public_key(probe))
    with full_port() as silent:
        beyond, began = {**jump, "port": silent.number}, time.monotonic()
        for number in range(GUESTS):
            ask(probe, server.host, server.port, jump=beyond, background=True, zone=f"guest{number}", deadline=100)
        answer = probe.step("join")
    assert answer["outcome"] == "error" and "does not take connections (silent)" in answer["message"], answer
    assert time.monotonic() - began < 18, "one after the other they take 24 s"
    ended = probe.records("step", kind="ssh")
    assert len(ended) == GUESTS and {one["outcome"] for one in ended} == {"error"}
