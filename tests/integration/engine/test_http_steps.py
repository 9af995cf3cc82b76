"""``probe_http`` against genuine web servers, with and without TLS: every fault is told apart and timed."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.engine import hostile
from tests.integration.engine.driver import Probe
from tests.support.authority import Issued, issue
from tests.support.web_server import BODY, WebServer, web_server

Probing = Callable[..., Probe]


@pytest.fixture(scope="module")
def site() -> Iterator[WebServer]:
    with web_server() as one:
        yield one


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    return issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secure(issued: Issued) -> Iterator[WebServer]:
    with web_server(issued.server) as one:
        yield one


def test_an_address_is_asked_and_its_time_taken_apart(probe: Probe, site: WebServer) -> None:
    url = site.url.replace("127.0.0.1", "localhost") + "/page?sig=verysecret"
    answer = probe.step(
        "http", url=url, body="systems are (go|up)", expect={"headers.content-type": {"contains": "html"}}
    )
    assert answer["outcome"] == "passed", answer
    result = answer["result"]
    assert (result["status"], result["body"], result["size"]) == (200, BODY, len(BODY))
    assert result["complete"] and not result["verified"] and result["certificate_days"] is None
    step = probe.one("step", kind="http")
    figures = step["figures"]
    assert set(figures) == {"dns_ms", "connect_ms", "first_byte_ms"} and min(figures.values()) > 0
    assert sum(figures.values()) <= step["duration_ms"] < 5000
    assert step["http_status"] == 200
    assert [one["check"] for one in probe.records("check")][:2] == ["status", "body"]
    assert not probe.records("call", seq=step["seq"])
    assert site.seen[-1][0] == "GET /page?sig=verysecret HTTP/1.1"
    assert "verysecret" not in (probe.output / "journal.jsonl").read_text()


def test_tls_is_measured_apart_and_the_certificates_days_are_known(
    probe: Probe, secure: WebServer, issued: Issued
) -> None:
    answer = probe.step("http", url=f"{secure.url}/", ca_file=str(issued.ca), certificate_days=14)
    assert answer["outcome"] == "passed", answer
    figures = probe.one("step", kind="http")["figures"]
    assert set(figures) == {"connect_ms", "tls_ms", "first_byte_ms", "certificate_days"}
    assert figures["tls_ms"] > 0 and 79 < figures["certificate_days"] <= 80
    assert answer["result"]["verified"] is True


def test_the_first_byte_is_told_from_the_rest(probe: Probe, site: WebServer) -> None:
    assert probe.step("http", url=f"{site.url}/slow")["outcome"] == "passed"
    figures = probe.one("step", kind="http")["figures"]
    assert 400 <= figures["first_byte_ms"] < 5000 and figures["connect_ms"] < 400


@pytest.mark.parametrize(
    ("path", "arguments", "status", "says"),
    [
        ("503", {}, 503, "answers HTTP 503, expected 200"),
        ("404", {"status": [200, 301]}, 404, "answers HTTP 404, expected 200 or 301"),
        ("page", {"body": "^Sorry"}, 200, "the body does not match '^Sorry'"),
        ("503", {"body": "nothing"}, 503, "expected 200; the body does not match"),
        ("slow", {"limit": 0.2}, 200, " s, limit 0.2 s"),
        ("hang", {"deadline": 0.5}, None, "deadline passed while waiting for the first byte of http://127.0.0.1:"),
        ("drip", {"deadline": 0.5}, None, "deadline passed while reading the answer of"),
        ("reset", {}, None, "connection reset while waiting for the first byte"),
        ("closed", {}, None, "closes the connection without an answer"),
        ("garbage", {}, None, "something that is no HTTP"),
        ("short", {}, 200, "ends 91 bytes too early"),
        ("chunks/short", {}, 200, "ends too early"),
        ("large", {"body": "y", "max_bytes": 1000}, 200, "does not match 'y' in its first 1000 bytes"),
        ("to/page", {}, 302, "answers HTTP 302, expected 200"),
        ("to/to/to/page", {"redirects": 2}, 302, "/to/page answers HTTP 302"),
        ("away?ftp://127.0.0.1/x", {"redirects": 5}, None, "redirects to no address of http or https"),
        ("away?file:///etc/passwd", {"redirects": 5}, None, "redirects to no address of http or https"),
        ("away?http://me:geheim1@127.0.0.1/", {"redirects": 5}, None, "or to a password"),
    ],
)
def test_what_is_wrong_is_told_apart(
    probe: Probe, site: WebServer, path: str, arguments: dict[str, Any], status: int | None, says: str
) -> None:
    answer = probe.step("http", url=f"{site.url}/{path}", **arguments)
    assert answer["outcome"] == "failed" and says in answer["message"], answer
    assert answer["status"] == status
    assert "geheim1" not in (probe.output / "journal.jsonl").read_text()


def test_what_came_before_the_fault_is_still_measured(probe: Probe, site: WebServer) -> None:
    probe.step("http", url=f"{site.url}/hang", deadline=0.4)
    assert set(probe.one("step", kind="http")["figures"]) == {"connect_ms"}


def test_redirections_are_followed_as_far_as_told(probe: Probe, site: WebServer) -> None:
    answer = probe.step("http", url=f"{site.url}/to/to/page", redirects=2, headers={"X-Token": "geheim"})
    assert answer["outcome"] == "passed", answer
    assert [one.partition(":")[2].partition("/")[2] for one in answer["result"]["redirects"]]
    assert answer["result"]["url"] == f"{site.url}/page" and len(answer["result"]["redirects"]) == 2
    assert site.seen[-1][1]["x-token"] == "geheim"
    elsewhere = site.url.replace("127.0.0.1", "localhost")
    answer = probe.step("http", url=f"{site.url}/away?{elsewhere}/page", redirects=1, headers={"X-Token": "geheim"})
    assert answer["outcome"] == "passed" and "x-token" not in site.seen[-1][1]


def test_a_body_is_read_up_to_a_size_and_in_every_encoding(probe: Probe, site: WebServer) -> None:
    result = probe.step("http", url=f"{site.url}/large", max_bytes=100_000)["result"]
    assert (result["size"], result["complete"]) == (100_000, False)
    assert probe.step("http", url=f"{site.url}/chunks", body="^All systems go$")["outcome"] == "passed"
    result = probe.step("http", url=f"{site.url}/page", method="head")["result"]
    assert (result["size"], result["complete"]) == (0, True)


def test_certificates_that_are_not_right_are_failed(
    probe: Probe, secure: WebServer, issued: Issued, tmp_path: Path
) -> None:
    def failed(url: str, **arguments: Any) -> str:
        answer = probe.step("http", url=url, **arguments)
        assert answer["outcome"] == "failed", answer
        return str(answer["message"])

    assert "valid for 80.0 more days, not 90" in failed(secure.url, ca_file=str(issued.ca), certificate_days=90)
    assert "unable to get local issuer" in failed(secure.url)
    old, other = issue(tmp_path, days=-1), issue(tmp_path, host="www.example.com")
    with web_server(old.server) as site:
        assert "certificate has expired" in failed(site.url, ca_file=str(old.ca))
        answer = probe.step("http", url=site.url, verify=False)
        assert answer["outcome"] == "passed" and answer["result"]["certificate_days"] < 0, answer
        assert "-1.0 more days" in failed(site.url, verify=False, certificate_days=0)
    with web_server(other.server) as site:
        assert "not valid for '127.0.0.1'" in failed(site.url, ca_file=str(other.ca))
    with web_server() as plain:
        assert "TLS: 127.0.0.1" in failed(plain.url.replace("http:", "https:"))
        downgrade = f"{secure.url}/away?{plain.url}/"
        assert "from https to http" in failed(downgrade, ca_file=str(issued.ca), redirects=1)


@pytest.mark.parametrize("target", [True, False, None])
def test_whose_network_is_broken_is_told_by_the_control_target(probing: Probing, target: bool | None) -> None:
    dead = hostile.refusing()
    with socket.create_server(("127.0.0.1", 0)) as alive, hostile.serving(hostile.silent) as silent:
        control = {True: f"127.0.0.1:{alive.getsockname()[1]}", False: dead, None: None}[target]
        probe = probing(control_target=control).prepare()
        outcome = "error" if target is False else "failed"
        for url, says in (
            (f"http://{dead}/", "Connection refused"),
            ("http://nowhere.invalid/", "the name nowhere.invalid cannot be resolved"),
            (f"http://{silent}/", "deadline passed while waiting for the first byte"),
            (f"https://{silent}/", "deadline passed while setting up TLS"),
        ):
            answer = probe.step("http", url=url, deadline=0.5 if silent in url else 20)
            assert answer["outcome"] == outcome and says in answer["message"], answer


def test_a_resolver_that_hangs_is_no_error_of_ours(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackprobe.engine.web_request.socket.getaddrinfo", lambda *_, **__: time.sleep(4))
    answer = probe.step("http", url="http://www.example.com/", deadline=0.3)
    assert answer["outcome"] == "failed" and "deadline passed while resolving www.example.com" in answer["message"]


def test_the_runners_proxy_is_used_and_its_faults_are_errors(
    probe: Probe, site: WebServer, secure: WebServer, issued: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = hostile.ForwardProxy()
    with hostile.serving(proxy) as address:
        monkeypatch.setenv("http_proxy", f"http://{address}")
        monkeypatch.setenv("https_proxy", f"http://{address}")
        assert probe.step("http", url=f"{site.url}/page")["outcome"] == "passed"
        answer = probe.step("http", url=f"{secure.url}/page", ca_file=str(issued.ca))
        assert answer["outcome"] == "passed", answer
    assert [one.split(" ")[0] for one in proxy.seen] == ["GET", "CONNECT"]
    monkeypatch.setenv("http_proxy", f"http://{hostile.refusing()}")
    answer = probe.step("http", url=f"{site.url}/page")
    assert answer["outcome"] == "error" and "proxy" in answer["message"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"url": "ftp://127.0.0.1/"}, "must be an address of http or https"),
        ({"url": "file:///etc/passwd"}, "must be an address of http or https"),
        ({"url": "www.example.com"}, "must be an address of http or https"),
        ({"url": "http://me:geheim1@127.0.0.1/"}, "must not hold a user name or a password"),
        ({"url": "http://127.0.0.1:99999/"}, "is no web address"),
        ({"url": "http://127.0.0.1/\r\nX: y"}, "is no web address"),
        ({"method": "DELETE"}, "`method` must be one of GET, HEAD, OPTIONS"),
        ({"status": "all"}, "`status` must be an HTTP status or a list"),
        ({"status": [99]}, "`status` must be an HTTP status or a list"),
        ({"body": "("}, "`body` is no regular expression"),
        ({"body": "x", "method": "HEAD"}, "has no body"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "has a value that no header can have"),
        ({"headers": {"X A": "a"}}, "which is no name of a header"),
        ({"headers": "X-A: a"}, "`headers` must be a mapping"),
        ({"redirects": -1}, "`redirects` must be a number of 0 to 20"),
        ({"certificate_days": 14}, "`certificate_days` needs an https address"),
        ({"verify": "maybe"}, "`verify` must be true or false"),
        ({"url": "https://127.0.0.1/", "ca_file": "/nowhere/ca.pem"}, "cannot be read as certificates"),
    ],
)
def test_a_mistake_is_one_clear_error(probe: Probe, site: WebServer, arguments: dict[str, Any], says: str) -> None:
    answer = probe.step("http", **{"url": f"{site.url}/", **arguments})
    assert answer["outcome"] == "error" and says in answer["message"], answer
    assert not re.search("geheim1", (probe.output / "journal.jsonl").read_text() + str(answer))


def test_a_run_that_is_interrupted_does_not_wait_for_an_answer(probe: Probe, site: WebServer) -> None:
    begin = time.monotonic()
    probe.step("http", url=f"{site.url}/hang", background=True, deadline=30)
    time.sleep(0.3)
    probe.close("SIGTERM")
    assert time.monotonic() - begin < 10
    assert probe.one("step", kind="http")["outcome"] == "error"


def test_a_body_of_json_is_read_as_data_and_nothing_else_is(probe: Probe, site: WebServer) -> None:
    answer = probe.step("http", url=f"{site.url}/json", parse="json", expect={"json.links.0.mtu": 1442})
    assert (answer["outcome"], answer["result"]["json"]) == ("passed", {"links": [{"mtu": 1442}]})
    refused = probe.step("http", "Page", url=site.url, parse="json")
    assert (refused["outcome"], "is no JSON" in refused["message"]) == ("failed", True), refused
    cut = probe.step("http", "Cut", url=f"{site.url}/json", parse="json", max_bytes=5)
    assert (cut["outcome"], "longer than 5 bytes" in cut["message"]) == ("failed", True), cut
    assert probe.step("http", "Other", url=site.url, parse="xml")["outcome"] == "error"
