"""``probe_ping``, from the runner and from a guest, whatever kind of ``ping`` these have."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from stackprobe.engine import ping

from tests.integration.engine.driver import Probe
from tests.integration.engine.guests import FROM, in_home, log_in
from tests.support.ssh_server import SshServer, ssh_server

PING = """#!/bin/sh
{said}
exit {code}
"""


@FROM
def test_round_trips_are_measured(guest: Probe, on: dict[str, str]) -> None:
    answer = guest.step("ping", to="127.0.0.1", count=10, interval=0.2, size=100, **on)
    assert answer["outcome"] == "passed", answer
    figures = guest.one("step", kind="ping")["figures"]
    assert (figures["sent"], figures["received"], figures["loss_percent"]) == (10, 10, 0)
    assert 0 < figures["rtt_min_ms"] <= figures["rtt_mean_ms"] <= figures["rtt_max_ms"]
    assert figures["rtt_min_ms"] <= figures["rtt_p95_ms"] <= figures["rtt_max_ms"] < 1000
    assert answer["result"]["received"] == 10 and answer["duration_ms"] > 1500
    assert guest.one("check", step="Step")["outcome"] == "passed"


@FROM
def test_a_ping_that_must_not_answer(guest: Probe, on: dict[str, str]) -> None:
    answer = guest.step("ping", to="127.0.0.1", count=2, answers=False, **on)
    assert answer["outcome"] == "failed" and "expected that it does not answer" in answer["message"], answer
    assert answer["message"].startswith("127.0.0.1 answers 2 of 2 packets")


def says(server: SshServer, text: str, code: int = 0) -> None:
    """What ``ping`` in the guest says from now on."""
    (server.place / "more").write_text(text)
    (server.place / "more").rename(server.place / "said")
    in_home(server, "ping", PING.format(said=f"cat {server.place}/said", code=code))


@pytest.fixture
def own_ping(server: SshServer) -> Iterator[Callable[..., None]]:
    yield lambda *arguments: says(server, *arguments)
    (server.place / "home" / "bin" / "ping").unlink()


BUSYBOX = """PING 10.98.0.7 (10.98.0.7): 56 data bytes
64 bytes from 10.98.0.7: seq=0 ttl=64 time=0.500 ms
64 bytes from 10.98.0.7: seq=1 ttl=64 time=1.500 ms
64 bytes from 10.98.0.7: seq=1 ttl=64 time=1.600 ms (DUP!)
64 bytes from 10.98.0.7: seq=3 ttl=64 time=2.500 ms

--- 10.98.0.7 ping statistics ---
4 packets transmitted, 3 packets received, 1 duplicates, 25% packet loss
round-trip min/avg/max = 0.500/1.500/2.500 ms
"""

IPUTILS_SILENT = """PING 10.98.0.7 (10.98.0.7) 56(84) bytes of data.
From 10.98.0.1 icmp_seq=1 Destination Host Unreachable

--- 10.98.0.7 ping statistics ---
5 packets transmitted, 0 received, +1 errors, 100% packet loss, time 4094ms
pipe 4
"""


def test_losses_are_counted_also_by_busybox(guest: Probe, own_ping: Callable[..., None]) -> None:
    own_ping(BUSYBOX)
    answer = guest.step("ping", to="10.98.0.7", on="guest")
    assert answer["outcome"] == "failed" and "answers 3 of 4 packets: 25 % are lost" in answer["message"], answer
    figures = guest.one("step", kind="ping")["figures"]
    assert figures == {
        **{"sent": 4, "received": 3, "loss_percent": 25},
        **{"rtt_min_ms": 0.5, "rtt_mean_ms": 1.5, "rtt_p95_ms": 2.5, "rtt_max_ms": 2.5},
    }
    assert guest.step("ping", to="10.98.0.7", on="guest", loss_percent=25)["outcome"] == "passed"
    assert guest.step("ping", to="10.98.0.7", on="guest", loss_percent="24.9")["outcome"] == "failed"


def test_silence_is_total_loss(guest: Probe, own_ping: Callable[..., None]) -> None:
    own_ping(IPUTILS_SILENT, 1)
    answer = guest.step("ping", to="10.98.0.7", on="guest", loss_percent=100)
    assert answer["outcome"] == "failed" and "answers 0 of 5 packets" in answer["message"], answer
    assert guest.step("ping", to="10.98.0.7", on="guest", answers=False)["outcome"] == "passed"
    assert set(guest.records("step", kind="ping")[0]["figures"]) == {"sent", "received", "loss_percent"}


@pytest.mark.parametrize(
    ("text", "outcome", "message"),
    [
        ("ping: socket: Operation not permitted", "skipped", "not permitted"),
        ("ping: permission denied (are you root?)", "skipped", "not permitted"),
        ("ping: nowhere.example: Name or service not known", "failed", "cannot be resolved"),
        ("ping: bad address 'nowhere.example'", "failed", "cannot be resolved"),
        ("ping: sendto: Network unreachable", "failed", "answers 0 of 5 packets"),
        ("PING\x1b[2J\x00 what?", "error", "without numbers: PING what?"),
    ],
)
def test_what_ping_says_otherwise_is_understood(
    guest: Probe, own_ping: Callable[..., None], text: str, outcome: str, message: str
) -> None:
    own_ping(text, 2)
    answer = guest.step("ping", to="10.98.0.7", on="guest")
    assert answer["outcome"] == outcome and message in answer["message"], answer


def test_an_old_ping_without_intervals_is_asked_otherwise(guest: Probe, server: SshServer) -> None:
    file = in_home(
        server,
        "ping",
        '#!/bin/sh\ncase "$*" in *-i*) echo "ping: invalid option -- \'i\'"; exit 1;; esac\n'
        'echo "3 packets transmitted, 3 packets received, 0% packet loss"\n',
    )
    try:
        answer = guest.step("ping", to="10.98.0.7", on="guest", count=3)
    finally:
        file.unlink()
    assert answer["outcome"] == "passed" and answer["result"]["received"] == 3, answer


def test_a_guest_or_a_runner_without_ping_is_skipped(
    probe: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sh").symlink_to("/bin/sh")
    with ssh_server(tmp_path / "sshd", f"SetEnv PATH={tmp_path}") as bare:
        log_in(probe, bare)
        answer = probe.step("ping", to="127.0.0.1", on="guest")
        assert answer["outcome"] == "skipped" and answer["message"] == "the guest guest has no ping", answer
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        answer = probe.step("ping", to="127.0.0.1")
    assert answer["outcome"] == "skipped" and answer["message"] == "the runner has no program ping", answer


def test_a_ping_is_waited_for(guest: Probe, server: SshServer, own_ping: Callable[..., None]) -> None:
    own_ping(BUSYBOX.replace("4 packets t", "3 packets t"))
    (server.place / "silent").write_text(IPUTILS_SILENT)
    in_home(
        server,
        "ping",
        f"#!/bin/sh\ncd {server.place}\necho >> calls\n"
        "if [ $(wc -l < calls) -lt 3 ]; then cat silent; else cat said; fi\n",
    )
    answer = guest.step("ping", to="10.98.0.7", on="guest", wait=True)
    assert answer["outcome"] == "passed", answer
    step = guest.one("step", kind="ping")
    assert step["polls"] == 3 and 0 < step["precision_ms"] < step["figures"]["effect_ms"] < step["duration_ms"]
    assert step["figures"]["received"] == 3


def test_a_ping_that_never_answers_ends_in_time(guest: Probe, own_ping: Callable[..., None]) -> None:
    own_ping(IPUTILS_SILENT, 1)
    answer = guest.step("ping", to="10.98.0.7", on="guest", wait=True, deadline=5)
    assert answer["outcome"] == "failed", answer
    assert "answers 0 of 5 packets: 100 % are lost, asked" in answer["message"] and answer["duration_ms"] < 15_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"to": "-f"}, "`to` must be an address"),
        ({"to": "127.0.0.1", "count": 0}, "`count` must be"),
        ({"to": "127.0.0.1", "interval": "fast"}, "`interval` must be"),
        ({"to": "127.0.0.1", "loss_percent": 101}, "`loss_percent` must be"),
        ({"to": "127.0.0.1", "on": "nobody"}, "there is no connection `nobody`"),
    ],
)
def test_wrong_arguments_are_an_error(probe: Probe, arguments: dict[str, Any], message: str) -> None:
    answer = probe.step("ping", **arguments)
    assert answer["outcome"] == "error" and message in answer["message"], answer


def test_a_ping_longer_than_its_step_tells_what_it_knows(guest: Probe) -> None:
    began = time.monotonic()
    answer = guest.step("ping", to="127.0.0.1", count=100, interval=0.2, deadline=1)
    assert time.monotonic() - began < 15
    assert answer["outcome"] == "failed" and "pinging 127.0.0.1 took too long" in answer["message"], answer


def test_a_ping_that_was_cut_is_not_unanswered(
    guest: Probe, server: SshServer, own_ping: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    own_ping("")
    # it says its last at once, without another process: a busy machine must not be slower than the grace it has
    last = 'echo "1 packets transmitted, 0 packets received, 100% packet loss"'
    in_home(server, "ping", f"#!/bin/sh\ntrap '{last}; kill $!; exit 1' INT\nsleep 60 &\nwait\n")
    monkeypatch.setenv("PATH", f"{server.place}/home/bin:{os.environ['PATH']}")
    answer = guest.step("ping", to="192.0.2.1", count=1, timeout=60, answers=False, deadline=1)
    assert answer["outcome"] == "failed" and "the time was over before" in answer["message"], answer


def test_a_guest_that_lost_its_ping_is_failed(guest: Probe, own_ping: Callable[..., None], server: SshServer) -> None:
    own_ping(BUSYBOX)
    assert guest.step("ping", to="10.98.0.7", on="guest", loss_percent=50)["outcome"] == "passed"
    says(server, "sh: ping: not found", 127)
    answer = guest.step("ping", to="10.98.0.7", on="guest", answers=False)
    assert answer["outcome"] == "failed" and answer["message"] == "the guest guest has no ping any more", answer


@pytest.mark.parametrize(
    "text",
    [
        "1" * 1_000_000,
        "64 bytes from " * 70_000,
        "64 bytes from " + "seq=1 " * 150_000,
        ("64 bytes from " + "seq=1 " * 40 + "\n") * 4000,
    ],
    ids=["digits", "answers", "numbers", "lines"],
)
def test_no_output_of_ping_keeps_the_run_busy(text: str) -> None:
    began = time.monotonic()
    assert ping.parse(text) is None
    assert ping.parse(f"{text}\n2 packets transmitted, 1 received") == ping.Pinged(2, 1)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("number", ["9" * 400, "1.2.3", "9" * 5000, "٣"])
def test_no_number_of_ping_breaks_the_step(number: str) -> None:
    said = f"64 bytes from 10.0.0.1: seq=1 ttl=64 time={number} ms\n{number} packets transmitted, 1 received\n"
    found = ping.parse(f"{said}2 packets transmitted, 2 received")
    assert found == ping.Pinged(2, 2), found
