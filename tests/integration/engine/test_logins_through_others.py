"""``probe_ssh`` through another guest, and through a jump host that is no part of what is probed."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tests.integration.engine.driver import Probe
from tests.integration.engine.guests import Later, ask, jump_host, log_in
from tests.support.ssh_server import SshServer, full_port, ssh_server


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
