"""What services tell of their quotas, where the embedded cloud has no limits or none that can run out."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from stackprobe.quota import READERS, Quota, Unreadable

Answers = dict[str, Any]


def connection(answers: Answers) -> mock.Mock:
    """A cloud that gives these answers, by path."""

    def request(path: str, _method: str, params: dict[str, Any] | None = None, **_: Any) -> requests.Response:
        split = urlsplit(path)
        asked.append((split.path, {**parse_qs(split.query), **(params or {})}))
        response = requests.Response()
        response.status_code, response._content = 200, json.dumps(answers[split.path]).encode()
        return response

    asked: list[tuple[str, dict[str, Any]]] = []
    proxy = mock.Mock(request=request)
    cloud = mock.Mock(current_project_id="p", load_balancer=proxy, dns=proxy, key_manager=proxy, compute=proxy)
    cloud.asked = asked
    return cloud


BALANCERS = {
    "/lbaas/quotas/p": {"quota": {"load_balancer": 5, "listener": None, "pool": -1, "member": 9, "health_monitor": 1}},
    "/lbaas/loadbalancers": {"loadbalancers": [{"id": "1"}, {"id": "2"}]},
    "/lbaas/pools": {"pools": [{"id": "1", "members": [{"id": "a"}, {"id": "b"}]}, {"id": "2", "members": []}]},
    "/lbaas/healthmonitors": {"healthmonitors": [{"id": "1"}]},
}


def test_load_balancers_are_counted_where_they_are_limited_and_of_interest() -> None:
    everything = {"load_balancers", "listeners", "pools", "members", "health_monitors"}
    cloud = connection(BALANCERS)
    found = READERS["load-balancer"](cloud, everything)
    assert found == {
        "load_balancers": Quota("load_balancers", 5, 2),
        "listeners": Quota("listeners", None, 0),
        "pools": Quota("pools", None, 0),
        "members": Quota("members", 9, 2),
        "health_monitors": Quota("health_monitors", 1, 1),
    }
    counted = ["/lbaas/loadbalancers", "/lbaas/healthmonitors", "/lbaas/pools"]
    assert [path for path, _ in cloud.asked] == ["/lbaas/quotas/p", *counted]
    assert all(query["project_id"] == "p" for _, query in cloud.asked[1:])
    few = connection(BALANCERS)
    assert set(READERS["load-balancer"](few, {"load_balancers"})) == {"load_balancers"}
    assert len(few.asked) == 2


def test_zones_are_counted_and_record_sets_have_a_limit_in_each() -> None:
    answers = {
        "/quotas/p": {"zones": 10, "zone_recordsets": 500},
        "/zones": {"zones": [], "metadata": {"total_count": 7}},
    }
    found = READERS["dns"](connection(answers), {"zones"})
    assert {name: one.free for name, one in found.items()} == {"zones": 3, "recordsets": 500}


def test_secrets_are_counted() -> None:
    answers = {"/quotas": {"quotas": {"secrets": 10}}, "/secrets": {"secrets": [], "total": 4}}
    assert READERS["key-manager"](connection(answers), {"secrets"}) == {"secrets": Quota("secrets", 10, 4)}


def test_key_pairs_are_counted_only_where_they_are_of_interest() -> None:
    answers = {
        "/limits": {"limits": {"absolute": {"maxTotalKeypairs": 100, "maxTotalCores": -1, "totalCoresUsed": 4}}},
        "/os-keypairs": {"keypairs": [{"keypair": {"name": "x"}}]},
    }
    assert READERS["compute"](connection(answers), {"cores"}) == {"cores": Quota("cores", None, 4)}
    assert READERS["compute"](connection(answers), {"keypairs"})["keypairs"] == Quota("keypairs", 100, 1)


@pytest.mark.parametrize(
    ("service", "answers"),
    [
        ("dns", {"/quotas/p": []}),
        ("dns", {"/quotas/p": {"zones": 10}, "/zones": {"zones": []}}),
        ("key-manager", {"/quotas": {"quotas": {}}}),
        ("key-manager", {"/quotas": {"quotas": {"secrets": 1}}, "/secrets": {}}),
        ("load-balancer", {"/lbaas/quotas/p": {"quotas": {}}}),
        ("compute", {"/limits": {"limits": {"absolute": []}}}),
    ],
)
def test_an_answer_that_is_not_what_it_should_be_is_told_apart(service: str, answers: Answers) -> None:
    with pytest.raises(Unreadable):
        READERS[service](connection(answers), {"zones", "secrets", "load_balancers"})
