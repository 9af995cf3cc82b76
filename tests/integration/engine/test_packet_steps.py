"""``probe_ping``, ``probe_connect`` and ``probe_http``, from the runner and from a guest."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest
from paramiko import common
from stackprobe.engine import ping, tcp
from stackprobe.engine.activity import Activity

from tests.integration.engine import hostile
from tests.integration.engine.driver import Probe
from tests.integration.engine.guests import Later, ask, log_in
from tests.support.authority import issue
from tests.support.ssh_server import SshServer, full_port, relay, ssh_server
from tests.support.web_server import BODY, web_server

FROM = pytest.mark.parametrize("on", [{}, {"on": "guest"}], ids=["runner", "guest"])
PING = """#!/bin/sh
{said}
exit {code}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    place = tmp_path_factory.mktemp("sshd")
    (place / "bin").mkdir()
    with ssh_server(place, f"SetEnv PATH={place}/bin:/usr/bin:/bin") as one:
        yield one


@pytest.fixture
def guest(probe: Probe, server: SshServer) -> Probe:
    """A run with a login in a guest."""
    answer = log_in(probe, server)
    assert answer["outcome"] == "passed", answer
    return probe


@pytest.fixture
def port() -> Iterator[int]:
    """An open port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


# --- ping


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
    file = server.place / "bin" / "ping"
    (server.place / "more").write_text(text)
    (server.place / "more").rename(server.place / "said")
    program = server.place / "bin" / "new"
    program.write_text(PING.format(said=f"cat {server.place}/said", code=code))
    program.chmod(0o755)
    program.rename(file)


@pytest.fixture
def own_ping(server: SshServer) -> Iterator[Callable[..., None]]:
    yield lambda *arguments: says(server, *arguments)
    (server.place / "bin" / "ping").unlink()


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
    file = server.place / "bin" / "ping"
    file.write_text(
        '#!/bin/sh\ncase "$*" in *-i*) echo "ping: invalid option -- \'i\'"; exit 1;; esac\n'
        'echo "3 packets transmitted, 3 packets received, 0% packet loss"\n'
    )
    file.chmod(0o755)
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
    (server.place / "bin" / "ping").write_text(
        f"#!/bin/sh\ncd {server.place}\necho >> calls\n"
        "if [ $(wc -l < calls) -lt 3 ]; then cat silent; else cat said; fi\n"
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


def test_a_ping_longer_than_its_step_tells_what_it_knows(guest: Probe) -> None:
    began = time.monotonic()
    answer = guest.step("ping", to="127.0.0.1", count=100, interval=0.2, deadline=1)
    assert time.monotonic() - began < 15
    assert answer["outcome"] == "failed" and "pinging 127.0.0.1 took too long" in answer["message"], answer


# --- connect


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
    assert step["duration_ms"] > opened.ms_after(answer)
    assert 0 < step["precision_ms"] < step["duration_ms"]


@FROM
def test_time_until_a_port_closes(guest: Probe, on: dict[str, str]) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    closed = Later(1.0, listener.close)
    number = listener.getsockname()[1]
    answer = guest.step("connect", host="127.0.0.1", port=number, open=False, wait=True, **on)
    assert answer["outcome"] == "passed" and answer["result"]["state"] == "refused", answer
    step = guest.one("step", kind="connect")
    assert step["duration_ms"] > closed.ms_after(answer) and step["polls"] > 1
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
    ("kind", "arguments", "message"),
    [
        ("connect", {"host": "127.0.0.1", "port": 0}, "`port` must be"),
        ("connect", {"host": "127.0.0.1", "port": 1, "timeout": 0}, "`timeout` must be"),
        ("connect", {"host": "127.0.0.1", "port": 1, "on": "nobody"}, "there is no connection `nobody`"),
        ("connect", {"host": "127.0.0.1"}, "lacks `port`"),
        ("ping", {"to": "-f"}, "`to` must be an address"),
        ("ping", {"to": "127.0.0.1", "count": 0}, "`count` must be"),
        ("ping", {"to": "127.0.0.1", "interval": "fast"}, "`interval` must be"),
        ("ping", {"to": "127.0.0.1", "loss_percent": 101}, "`loss_percent` must be"),
        ("ping", {"to": "127.0.0.1", "on": "nobody"}, "there is no connection `nobody`"),
        ("http", {"url": "http://127.0.0.1/", "on": "nobody"}, "there is no connection `nobody`"),
    ],
)
def test_wrong_arguments_are_an_error(probe: Probe, kind: str, arguments: dict[str, Any], message: str) -> None:
    answer = probe.step(kind, **arguments)
    assert answer["outcome"] == "error" and message in answer["message"], answer


# --- http from a guest


def test_a_guest_asks_a_web_server(guest: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with web_server() as site:
        url = site.url.replace("127.0.0.1", "localhost")
        answer = guest.step("http", url=f"{url}/to/page", on="guest", redirects=1, body="systems are go")
        assert answer["outcome"] == "passed", answer
        assert (answer["result"]["status"], answer["result"]["body"]) == (200, BODY)
        figures = guest.one("step", kind="http")["figures"]
        assert set(figures) == {"connect_ms", "first_byte_ms"} and min(figures.values()) > 0
        for path, message in (
            ("503", "answers HTTP 503, expected 200"),
            ("hang", "deadline passed while waiting for the first byte"),
            ("closed", "closes the connection without an answer"),
            ("short", "ends 91 bytes too early"),
        ):
            answer = guest.step("http", url=f"{url}/{path}", on="guest", deadline=1)
            assert answer["outcome"] == "failed" and message in answer["message"], answer
        assert guest.step("http", url=f"{url}/large", on="guest")["outcome"] == "passed"


def test_a_guest_asks_a_web_server_with_tls(guest: Probe, tmp_path: Path) -> None:
    issued = issue(tmp_path)
    with web_server(issued.server) as site:
        answer = guest.step("http", url=f"{site.url}/", on="guest", ca_file=str(issued.ca), certificate_days=14)
        assert answer["outcome"] == "passed", answer
        assert {"connect_ms", "tls_ms", "first_byte_ms"} < set(guest.one("step", kind="http")["figures"])
        untrusted = guest.step("http", url=f"{site.url}/", on="guest")
        assert untrusted["outcome"] == "failed" and "TLS" in untrusted["message"], untrusted


def test_a_web_server_that_a_guest_does_not_reach(guest: Probe) -> None:
    answer = guest.step("http", url="http://127.0.0.1:9/", on="guest")
    assert answer["outcome"] == "failed", answer
    assert answer["message"] == "no connection from guest to 127.0.0.1 port 9: refused"
    with full_port() as silent:
        answer = guest.step("http", url=f"http://127.0.0.1:{silent.number}/", on="guest", deadline=1)
    assert answer["outcome"] == "failed" and "silent" in answer["message"], answer


def test_a_guest_that_forbids_forwarding_is_skipped(probe: Probe, tmp_path: Path, port: int) -> None:
    with ssh_server(tmp_path / "sshd", "AllowTcpForwarding no") as strict:
        log_in(probe, strict)
        for kind, arguments in (
            ("connect", {"host": "127.0.0.1", "port": port}),
            ("http", {"url": f"http://127.0.0.1:{port}/"}),
        ):
            answer = probe.step(kind, on="guest", **arguments)
            assert answer["outcome"] == "skipped" and "the guest guest forbids forwarding" in answer["message"], answer
        assert probe.step("command", on="guest", run="true")["outcome"] == "passed"


def test_tunnels_leave_no_threads_and_no_sockets(guest: Probe) -> None:
    with web_server() as site:
        guest.step("http", url=f"{site.url}/page", on="guest")
        before = threading.active_count()
        for _ in range(5):
            guest.step("http", url=f"{site.url}/page", on="guest")
            guest.step("http", url=f"{site.url}/hang", on="guest", deadline=0.2)
        ends = time.monotonic() + 10
        while sum(one.name == "tunnel" for one in threading.enumerate()):
            assert time.monotonic() < ends, threading.enumerate()
            time.sleep(0.05)
        assert before < 100


# --- what must not be taken for an answer


def test_a_silent_guest_is_no_closed_port(probe: Probe, server: SshServer) -> None:
    with relay(server.port) as cable, full_port() as port:
        log_in(probe, server, port=cable.port)
        asked = {"on": "guest", "host": "127.0.0.1", "port": port.number, "open": False, "timeout": 0.3}
        assert probe.step("connect", asked)["outcome"] == "passed"
        cable.hold()
        answer = probe.step("connect", asked, deadline=2)
        assert answer["outcome"] == "failed" and "guest (127.0.0.1) is silent" in answer["message"], answer


@FROM
def test_a_port_that_was_not_tried_long_enough_is_not_closed(guest: Probe, on: dict[str, str]) -> None:
    with full_port() as port:
        answer = guest.step("connect", host="127.0.0.1", port=port.number, open=False, timeout=30, deadline=1, **on)
    assert answer["outcome"] == "failed" and "the time was over before" in answer["message"], answer


def test_a_ping_that_was_cut_is_not_unanswered(
    guest: Probe, server: SshServer, own_ping: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    (server.place / "silent").write_text("1 packets transmitted, 0 packets received, 100% packet loss\n")
    own_ping("")
    (server.place / "bin" / "ping").write_text(
        f"#!/bin/sh\ntrap 'cat {server.place}/silent; exit 1' INT\nwhile :; do sleep 0.1; done\n"
    )
    monkeypatch.setenv("PATH", f"{server.place}/bin:{os.environ['PATH']}")
    answer = guest.step("ping", to="192.0.2.1", count=1, timeout=60, answers=False, deadline=1)
    assert answer["outcome"] == "failed" and "the time was over before" in answer["message"], answer


def test_a_name_that_a_guest_cannot_resolve_is_no_closed_port(guest: Probe) -> None:
    answer = guest.step("connect", host="nowhere.invalid", port=80, open=False, on="guest")
    assert answer["outcome"] == "failed" and "cannot be resolved by guest" in answer["message"], answer


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


def test_one_address_that_refuses_does_not_speak_for_the_other() -> None:
    with full_port() as silent, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        places = [*tcp.resolve("127.0.0.1", closed.getsockname()[1]), *tcp.resolve("127.0.0.1", silent.number)]
        found = tcp.knock(places, Activity(time.monotonic() + 60), 1.0, 0.1)
        assert found.state == tcp.SILENT
        assert tcp.knock(places[:1], Activity(time.monotonic() + 60), 1.0, 0.1).state == tcp.REFUSED


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
