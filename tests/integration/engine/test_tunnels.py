"""``probe_http`` and ``probe_connect`` through a connection to a guest."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.integration.engine.driver import Probe
from tests.integration.engine.guests import log_in
from tests.support.authority import issue
from tests.support.ssh_server import full_port, ssh_server
from tests.support.web_server import BODY, web_server


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


def test_a_guest_that_nobody_logged_in_to_is_an_error(probe: Probe) -> None:
    answer = probe.step("http", url="http://127.0.0.1/", on="nobody")
    assert answer["outcome"] == "error" and "there is no connection `nobody`" in answer["message"], answer


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


def test_a_name_that_a_guest_cannot_resolve_is_no_closed_port(guest: Probe) -> None:
    answer = guest.step("connect", host="nowhere.invalid", port=80, open=False, on="guest")
    assert answer["outcome"] == "failed" and "cannot be resolved by guest" in answer["message"], answer
