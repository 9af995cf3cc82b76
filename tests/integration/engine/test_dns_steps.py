"""``probe_dns`` against a genuine name server: every way in which a name is not answered is told apart."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.engine import hostile
from tests.integration.engine.driver import Probe
from tests.support.name_server import NameServer, name_server

Probing = Callable[..., Probe]
ADDRESSES = ["192.0.2.1", "192.0.2.2"]


@pytest.fixture(scope="module")
def zone() -> Iterator[NameServer]:
    with name_server() as one:
        yield one


@pytest.fixture
def ask(probe: Probe, zone: NameServer) -> Callable[..., dict[str, Any]]:
    """Call it with a label of the zone and arguments of the step."""

    def step(label: str, **arguments: Any) -> dict[str, Any]:
        return probe.step("dns", {"name": f"{label}.probed.example", "server": zone.address, **arguments})

    return step


Ask = Callable[..., dict[str, Any]]


def test_a_name_is_answered_and_measured(ask: Ask, probe: Probe) -> None:
    answer = ask("www", answers=list(reversed(ADDRESSES)), expect={"ttl": {"max": 60}})
    assert answer["outcome"] == "passed", answer
    assert answer["result"] == {
        "name": "www.probed.example.",
        "rcode": "NOERROR",
        "answers": ADDRESSES,
        "aliases": [],
        "ttl": 60,
        "authoritative": True,
        "server": answer["result"]["server"],
        "asked": 1,
        "tcp": False,
    }
    step = probe.one("step", kind="dns")
    assert 0 < step["duration_ms"] < 5000 and step["retries"] == 0
    assert [one["outcome"] for one in probe.records("check")] == ["passed", "passed"]
    assert not [one for one in probe.records("call") if one["seq"] == step["seq"]]


def test_an_alias_is_followed(ask: Ask) -> None:
    result = ask("alias", answers=ADDRESSES)["result"]
    assert result["aliases"] == ["www.probed.example."]


def test_a_cut_answer_is_fetched_over_tcp(ask: Ask, zone: NameServer) -> None:
    answer = ask("big", type="TXT")
    assert answer["outcome"] == "passed", answer
    assert answer["result"]["tcp"] is True and len(answer["result"]["answers"][0]) > 4000
    assert [one.partition(" ")[0] for one in zone.asked if "big." in one] == ["udp", "tcp"]


@pytest.mark.parametrize(
    ("label", "arguments", "says"),
    [
        ("nowhere", {}, "NXDOMAIN, there is no such name"),
        ("servfail", {}, "SERVFAIL, the name server could not find out"),
        ("refused", {}, "REFUSED, the name server refuses to answer this"),
        ("www", {"type": "AAAA"}, "NODATA, the name has no record of this type"),
        ("www", {"answers": ["192.0.2.1"]}, "answers www.probed.example A with 192.0.2.1, 192.0.2.2, not 192.0.2.1"),
        ("www", {"answers": []}, "not nothing"),
        ("www", {"rcode": "NXDOMAIN"}, "NOERROR, expected NXDOMAIN"),
        ("www", {"expect": {"ttl": {"min": 3600}}}, "ttl is at least 3600, but it is 60"),
        ("garbage", {}, "malformed answer"),
        ("other", {}, "malformed answer"),
        ("silent", {"deadline": 0.5, "timeout": 0.2}, "no answer to silent.probed.example A within 0."),
        ("cut", {"type": "TXT", "deadline": 0.5}, "closes the connection in the middle of its answer"),
        ("slow", {"limit": 0.1}, " s, limit 0.1 s"),
    ],
)
def test_what_is_wrong_is_told_apart(ask: Ask, label: str, arguments: dict[str, Any], says: str) -> None:
    answer = ask(label, **arguments)
    assert answer["outcome"] == "failed" and says in answer["message"], answer


def test_what_is_expected_to_be_wrong_is_right(ask: Ask) -> None:
    assert ask("nowhere", rcode="nxdomain")["outcome"] == "passed"
    assert ask("www", type="AAAA", answers=[])["outcome"] == "passed"
    assert ask("www", type="AAAA", rcode=["NXDOMAIN", "NODATA"])["outcome"] == "passed"


def test_a_lost_question_is_asked_again_and_counted(ask: Ask, probe: Probe) -> None:
    answer = ask("lossy", timeout=0.2)
    assert answer["outcome"] == "passed", answer
    assert answer["result"]["asked"] == 3
    step = probe.one("step", kind="dns")
    assert step["retries"] == 2 and step["duration_ms"] > 400


def test_a_name_is_waited_for(ask: Ask, probe: Probe) -> None:
    answer = ask("late", wait=True, answers=ADDRESSES, deadline=20)
    assert answer["outcome"] == "passed", answer
    step = probe.one("step", kind="dns")
    assert step["polls"] == 3 and 900 < step["precision_ms"] < 2000 < step["duration_ms"]
    assert len(probe.records("check")) == 1
    answer = ask("www", wait=True, answers=["192.0.2.9"], deadline=1.5)
    assert answer["outcome"] == "failed" and "s, asked 2 times: 127.0.0.1" in answer["message"], answer
    assert "192.0.2.2, not 192.0.2.9" in answer["message"]


def test_a_closed_port_is_no_silence(ask: Ask) -> None:
    answer = ask("www", server=hostile.refusing(), deadline=1)
    assert answer["outcome"] == "failed" and "Connection refused" in answer["message"], answer


@pytest.mark.parametrize(("target", "outcome"), [(True, "failed"), (False, "error")])
def test_whose_network_is_broken_is_told_by_the_control_target(
    probing: Probing, zone: NameServer, target: bool, outcome: str
) -> None:
    dead = hostile.refusing()
    with socket.create_server(("127.0.0.1", 0)) as alive:
        port = alive.getsockname()[1]
        probe = probing(control_target=f"127.0.0.1:{port}" if target else dead).prepare()
        for name in ("silent", "servfail"):
            for wait in (False, True):
                name_of = {"name": f"{name}.probed.example", "wait": wait}
                answer = probe.step("dns", name_of, server=zone.address, deadline=0.5)
                assert answer["outcome"] == outcome, answer
        answer = probe.step("dns", {"name": "nowhere.probed.example"}, server=zone.address)
        assert answer["outcome"] == "failed", answer


def test_the_systems_resolvers_are_asked_in_turn(
    probe: Probe, zone: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stackprobe.engine import name_server as module

    class System:
        nameservers: tuple[str, ...] = ("127.0.0.254", "127.0.0.1")

    monkeypatch.setattr("dns.resolver.Resolver", System)
    monkeypatch.setattr(module, "PORT", int(zone.address.rpartition(":")[2]))
    answer = probe.step("dns", {"name": "www.probed.example"}, timeout=0.4)
    assert answer["outcome"] == "passed", answer
    assert answer["result"]["server"] == zone.address and answer["result"]["asked"] == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"type": "AXFR"}, "`type` must be a type"),
        ({"type": "nonsense"}, "`type` must be a type"),
        ({"name": "a..b"}, "`name` is no DNS name"),
        ({"name": "x" * 300}, "`name` is no DNS name"),
        ({"server": "ns:99999"}, "`ns:99999` is no address"),
        ({"server": "http://ns/"}, "is no address"),
        ({"answers": "192.0.2.1"}, "`answers` must be a list"),
        ({"answers": ["not an address"]}, "is no data of a record of type A"),
        ({"rcode": "NOPE"}, "`rcode` knows"),
        ({"timeout": -1}, "`timeout` must be a number of seconds"),
    ],
)
def test_a_mistake_is_one_clear_error(ask: Ask, arguments: dict[str, Any], says: str) -> None:
    answer = ask("www", **arguments)
    assert answer["outcome"] == "error" and says in answer["message"], answer


def test_a_run_that_is_interrupted_does_not_wait_for_an_answer(probe: Probe, zone: NameServer) -> None:
    begin = time.monotonic()
    probe.step("dns", {"name": "silent.probed.example"}, server=zone.address, background=True, deadline=30, timeout=20)
    time.sleep(0.3)
    probe.close("SIGTERM")
    assert time.monotonic() - begin < 10
    assert probe.one("step", kind="dns")["outcome"] == "error"
