"""Fault rules: what the file may say, what a rule matches, how it counts, how an answer is rewritten."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pocketcloud.faults.book import RuleBook
from pocketcloud.faults.rewrite import rewritten
from pocketcloud.faults.rules import FaultsError, HttpRule, parse


def rule(**keys: Any) -> HttpRule:
    """The one rule of a file with these keys."""
    (one,) = parse(json.dumps([keys]))
    assert isinstance(one, HttpRule)
    return one


def book(path: Path, *rules: dict[str, Any]) -> RuleBook:
    path.write_text(json.dumps(rules))
    return RuleBook(path)


@pytest.mark.parametrize("name", ["nova", "compute"])
def test_a_service_is_known_by_its_name_and_by_its_type(name: str) -> None:
    assert rule(service=name, status=503).matches("nova", "GET", "/v2.1/servers", "public")
    assert not rule(service=name, status=503).matches("neutron", "GET", "/v2.0/networks", "public")


def test_the_path_is_searched_in_path_and_query() -> None:
    one = rule(path=r"/ports\?.*device_id", status=503)
    assert one.matches("neutron", "GET", "/v2.0/ports?device_id=1", "public")
    assert not one.matches("neutron", "GET", "/v2.0/ports", "public")


def test_what_was_sent_is_looked_at_when_the_rule_says_so() -> None:
    one = rule(path="/ports$", sent='"name": "[^"]*-vip"', status=503)
    assert one.matches("neutron", "POST", "/v2.0/ports", "public", lambda: '{"port": {"name": "x-vip"}}')
    assert not one.matches("neutron", "POST", "/v2.0/ports", "public", lambda: '{"port": {"name": "x"}}')
    assert not one.matches("neutron", "GET", "/v2.0/ports", "public")


def test_a_method_may_be_a_list_and_in_small_letters() -> None:
    one = rule(method=["post", "put"], status=503)
    assert one.matches("nova", "POST", "/", "public")
    assert not one.matches("nova", "GET", "/", "public")


def test_rules_leave_the_services_own_calls_alone_unless_told() -> None:
    assert not rule(status=503).matches("nova", "GET", "/", "internal")
    assert rule(status=503, interface="internal").matches("nova", "GET", "/", "internal")
    assert rule(status=503, interface="any").matches("nova", "GET", "/", "public")


def test_nth_acts_on_that_occurrence_of_a_match_only(tmp_path: Path) -> None:
    one = book(tmp_path / "f", {"service": "nova", "method": "POST", "nth": [2, 4], "status": 503})
    answers = []
    for _ in range(5):
        one.http_rule("nova", "GET", "/", "public")  # does not count
        answers.append(one.http_rule("nova", "POST", "/", "public") is not None)
    assert answers == [False, True, False, True, False]


def test_times_acts_on_the_first_occurrences(tmp_path: Path) -> None:
    one = book(tmp_path / "f", {"service": "nova", "times": 2, "status": 503})
    assert [one.http_rule("nova", "GET", "/", "public") is not None for _ in range(4)] == [True, True, False, False]


def test_every_rule_counts_also_behind_one_that_acts(tmp_path: Path) -> None:
    rules = [{"service": "nova", "nth": 1, "status": 503}, {"service": "nova", "nth": 2, "status": 504}]
    one = book(tmp_path / "f", *rules)
    statuses = [found.status if (found := one.http_rule("nova", "GET", "/", "public")) else None for _ in range(3)]
    assert statuses == [503, 504, None]


def test_a_rule_that_stays_keeps_its_count_when_the_file_changes(tmp_path: Path) -> None:
    path, first = tmp_path / "f", {"service": "nova", "nth": 2, "status": 503}
    one = book(path, first)
    assert one.http_rule("nova", "GET", "/", "public") is None
    path.write_text(json.dumps([{"service": "glance", "status": 500}, first]))
    assert one.http_rule("nova", "GET", "/", "public") is not None


def test_a_rule_that_comes_back_counts_afresh(tmp_path: Path) -> None:
    path, first = tmp_path / "f", {"service": "nova", "times": 1, "status": 503}
    one = book(path, first)
    assert one.http_rule("nova", "GET", "/", "public") is not None
    path.write_text("[]")
    assert one.http_rule("nova", "GET", "/", "public") is None
    path.write_text(json.dumps([first]))
    assert one.http_rule("nova", "GET", "/", "public") is not None


def test_another_id_makes_it_another_rule(tmp_path: Path) -> None:
    path = tmp_path / "f"
    one = book(path, {"id": "1", "service": "nova", "times": 1, "status": 503})
    assert one.http_rule("nova", "GET", "/", "public") is not None
    path.write_text(json.dumps([{"id": "2", "service": "nova", "times": 1, "status": 503}]))
    os.utime(path, ns=(1, 1))  # the same size; a clock may be coarse
    assert one.http_rule("nova", "GET", "/", "public") is not None


def test_a_missing_or_blank_file_has_no_rules(tmp_path: Path) -> None:
    assert RuleBook(tmp_path / "none").http_rule("nova", "GET", "/", "public") is None
    (tmp_path / "blank").write_text("\n")
    assert RuleBook(tmp_path / "blank").http_rule("nova", "GET", "/", "public") is None


def test_a_held_rule_is_known_to_be_gone_when_the_file_goes(tmp_path: Path) -> None:
    path = tmp_path / "f"
    one = book(path, {"driver": "spawn", "stuck": True})
    found = one.driver_rule("spawn", "a server")
    assert found is not None and one.holds(found)
    path.unlink()
    assert not one.holds(found)


def test_a_driver_rule_matches_the_name_of_the_resource(tmp_path: Path) -> None:
    one = book(tmp_path / "f", {"driver": "volume_create", "name": "^bad-", "error": "no space"})
    assert one.driver_rule("volume_create", "bad-1") is not None
    assert one.driver_rule("volume_create", "good") is None
    assert one.driver_rule("volume_delete", "bad-1") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "not JSON"),
        ("{}", "not a list"),
        ("[1]", "rule 0: not an object"),
        ('[{"driver": "spawn", "answer": "192.0.2.1"}]', "answer must be a text, and goes with dns_answer, guest_key"),
        ('[{"driver": "dns_answer", "answer": 1}]', "answer must be a text, and goes with dns_answer, guest_key"),
        ('[{"status": 503}, {"sttus": 503}]', "rule 1: unknown key sttus"),
        ('[{"service": "nowa", "status": 503}]', "service must be one of"),
        ('[{"service": "nova"}]', "says nothing to do"),
        ('[{"status": 503, "hang": "before"}]', "exclude each other"),
        ('[{"status": 42}]', "status must be"),
        ('[{"status": true}]', "status must be"),
        ('[{"path": "(", "status": 503}]', "path:"),
        ('[{"nth": 1, "status": 503}]', "need a service"),
        ('[{"service": "nova", "nth": 0, "status": 503}]', "nth must be"),
        ('[{"service": "nova", "nth": 1, "times": 1, "status": 503}]', "exclude each other"),
        ('[{"drop": "later"}]', "before"),
        ('[{"truncate": -1}]', "truncate must be"),
        ('[{"delay": [2, 1]}]', "delay"),
        ('[{"delay": "1"}]', "delay must be"),
        ('[{"set": ["server.status"]}]', "set must be"),
        ('[{"headers": {"a": []}, "status": 503}]', "headers must be"),
        ('[{"driver": "swpan", "stuck": true}]', "driver must be one of"),
        ('[{"driver": "spawn"}]', "says nothing to do"),
        ('[{"driver": "spawn", "path": "x", "stuck": true}]', "unknown key path"),
        ('[{"driver": "guest_boot"}]', "says nothing to do: delay or stuck"),
        ('[{"driver": "guest_boot", "error": "x"}]', "unknown key error"),
        ('[{"driver": "guest_key", "stuck": true}]', "unknown key stuck"),
        ('[{"driver": "guest_hostname", "answer": 1}]', "answer must be a text"),
        ('[{"packets": "los", "percent": 1}]', "packets must be one of loss, delay"),
        ('[{"packets": ["loss"]}]', "packets must be one of"),
        ('[{"packets": "loss"}]', "loss needs percent"),
        ('[{"packets": "loss", "percent": 101}]', "percent must be more than 0, and 100 at most"),
        ('[{"packets": "loss", "rtt_ms": 1}]', "unknown key rtt_ms"),
        ('[{"packets": "delay", "rtt_ms": 0}]', "rtt_ms must be more than 0"),
        ('[{"packets": "rate", "mbit": "1"}]', "mbit must be a number"),
        ('[{"packets": "cut", "peer": "("}]', "peer:"),
        ('[{"packets": "cut", "name": 1}]', "name must be a regular expression"),
        ('[{"packets": "closed", "port": 80}]', "port needs the protocol"),
        ('[{"packets": "closed", "protocol": "icmp", "port": 80}]', "port needs the protocol"),
        ('[{"packets": "closed", "protocol": "sctp"}]', "protocol must be one of tcp, udp, icmp"),
        ('[{"packets": "refuse_500", "port": 65536}]', "port must be 65535 at most"),
        ('[{"packets": "dhcp", "version": 5}]', "version must be 4 or 6"),
        ('[{"packets": "closed", "direction": "both"}]', "direction must be one of in, out"),
        ('[{"packets": "cut", "hops": 64}]', "hops must be 63 at most"),
        ('[{"driver": "guest_disk", "stuck": true}]', "unknown key stuck"),
        ('[{"packets": "open", "nth": 1}]', "unknown key nth"),
        ('[{"packets": "open", "driver": "spawn", "stuck": true}]', "driver and packets exclude each other"),
        ('[{"outside": "smtp"}]', "outside must be one of dns, http"),
        ('[{"outside": "dns"}]', "says nothing to do: delay, answer, rcode or stuck"),
        ('[{"outside": "dns", "status": 500}]', "unknown key status"),
        ('[{"outside": "dns", "answer": "www"}]', "answer:"),
        ('[{"outside": "dns", "rcode": "SERVFAUL"}]', "rcode must be one of"),
        ('[{"outside": "dns", "rcode": "SERVFAIL", "stuck": true}]', "exclude each other"),
        ('[{"outside": "http", "status": 600}]', "status must be from 200 to 599"),
    ],
)
def test_a_mistake_is_named(text: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(FaultsError, match=expected.replace("(", r"\(")):
        parse(text)
    (tmp_path / "faults.json").write_text(text)
    with pytest.raises(FaultsError, match=r"faults\.json"):
        RuleBook(tmp_path / "faults.json").http_rule("nova", "GET", "/", "public")


def test_retry_after_alone_is_a_429() -> None:
    one = rule(retry_after=7)
    assert (one.status, one.headers) == (429, {"Retry-After": "7"})


@pytest.mark.parametrize(
    ("changes", "removals", "expected"),
    [
        ({"server.status": "ACTIVE"}, [], {"server": {"status": "ACTIVE", "tags": ["a", "b"], "a.b": 1}}),
        ({"server.new": 1}, [], {"server": {"status": "BUILD", "tags": ["a", "b"], "a.b": 1, "new": 1}}),
        ({"nothing.here": 1}, [], {"server": {"status": "BUILD", "tags": ["a", "b"], "a.b": 1}}),
        ({"server.tags.1": "z"}, [], {"server": {"status": "BUILD", "tags": ["a", "z"], "a.b": 1}}),
        ({}, ["server.tags.*"], {"server": {"status": "BUILD", "tags": [], "a.b": 1}}),
        ({}, ["server.status", "server.a.b"], {"server": {"tags": ["a", "b"]}}),
        ({"server.tags.7": "z"}, ["server.gone"], {"server": {"status": "BUILD", "tags": ["a", "b"], "a.b": 1}}),
    ],
)
def test_an_answer_is_rewritten_by_dotted_paths(changes: dict[str, Any], removals: list[str], expected: Any) -> None:
    document = {"server": {"status": "BUILD", "tags": ["a", "b"], "a.b": 1}}
    assert rewritten(document, changes, removals) == expected


def test_every_element_of_a_list_is_rewritten() -> None:
    document = {"ports": [{"status": "DOWN"}, {"status": "DOWN"}]}
    assert rewritten(document, {"ports.*.status": "ACTIVE"}, []) == {"ports": [{"status": "ACTIVE"}] * 2}


def test_a_rule_for_packets_is_about_the_guests_whose_name_matches(tmp_path: Path) -> None:
    one = book(
        tmp_path / "f",
        {"packets": "loss", "name": "-web", "percent": 2.5},
        {"packets": "cut", "peer": "-db"},
        {"packets": "closed", "protocol": "tcp", "port": 80},
        {"driver": "guest_boot", "stuck": True},
    )
    loss, cut, closed = one.packet_rules()
    assert (loss.kind, loss.percent, loss.matches("x-web"), loss.matches("x-db")) == ("loss", 2.5, True, False)
    assert cut.matches("anything") and cut.peer is not None and cut.peer.search("x-db")
    assert (closed.protocol, closed.port) == ("tcp", 80)


def test_rules_for_packets_end_with_the_file(tmp_path: Path) -> None:
    one = book(tmp_path / "f", {"packets": "open"})
    assert one.packet_rules()
    (tmp_path / "f").unlink()
    assert one.packet_rules() == []


def test_a_rule_for_the_outside_acts_on_what_it_is_asked(tmp_path: Path) -> None:
    one = book(
        tmp_path / "f",
        {"outside": "dns", "name": "^www", "answer": "192.0.2.66", "times": 1},
        {"outside": "dns", "rcode": "SERVFAIL"},
        {"outside": "http", "status": 500},
    )
    answers = [one.outside_rule("dns", name) for name in ("www.x.example", "www.x.example", "x.example")]
    assert [(rule.answer, rule.rcode) for rule in answers if rule] == [("192.0.2.66", None), (None, 2), (None, 2)]
    page = one.outside_rule("http", "/")
    assert page is not None and page.status == 500


def test_what_a_guest_is_told_instead_need_not_be_said(tmp_path: Path) -> None:
    one = book(tmp_path / "f", {"driver": "guest_key", "name": "a"}, {"driver": "guest_user_data", "answer": "other"})
    key, data = one.driver_rule("guest_key", "a"), one.driver_rule("guest_user_data", "a")
    assert key is not None and key.answer is not None and key.answer.startswith("ssh-ed25519 ")
    assert data is not None and data.answer == "other"


def test_a_load_balancer_balances_by_another_algorithm_than_ordered(tmp_path: Path) -> None:
    one = book(tmp_path / "f", {"driver": "balancer_algorithm", "name": "a"}, {
        "driver": "balancer_algorithm", "answer": "source",
    })  # fmt: skip
    by = [one.driver_rule("balancer_algorithm", name) for name in ("a", "b")]
    assert [rule.answer for rule in by if rule] == ["roundrobin", "source"]
