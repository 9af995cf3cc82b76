"""The embedded cloud's name server answers what it has got from designate, or what a fault makes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud

from tests.integration.waiting import wait

ZONE = "names.example."

Ask = Callable[..., tuple[str, list[str]]]


@pytest.fixture(scope="module")
def ask(full_cloud: Cloud) -> Ask:
    """Call it with a name and a type for the response code and the records."""
    port = next(part.port for part in full_cloud.status().parts if part.name == "designate")

    def one(name: str, kind: str = "A", timeout: float = 10.0) -> tuple[str, list[str]]:
        answer = dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", timeout, port or 0)
        return dns.rcode.to_text(answer.rcode()), sorted(str(record) for rrset in answer.answer for record in rrset)

    return one


@pytest.fixture(scope="module")
def zone(full_demo: Connection) -> Iterator[Any]:
    """A zone with `www` (two addresses), its alias `alias` and a wildcard below `wild`."""
    names = full_demo.dns
    made = names.create_zone(name=ZONE, email="somebody@names.example", ttl=60)
    records = {"www": ("A", ["192.0.2.1", "192.0.2.2"]), "alias": ("CNAME", [f"www.{ZONE}"])}
    records["*.wild"] = ("TXT", ['"here"'])
    sets = [
        names.create_recordset(made, name=f"{name}.{ZONE}", type=kind, records=values, ttl=60)
        for name, (kind, values) in records.items()
    ]
    wait(lambda: names.get_zone(made.id), lambda now: now.status == "ACTIVE")
    for one in sets:
        wait(lambda one=one: names.get_recordset(one.id, made), lambda now: now.status == "ACTIVE")
    yield made
    names.delete_zone(made)
    wait(lambda: names.find_zone(ZONE), lambda now: now is None)


def test_names_of_a_zone_are_answered(ask: Ask, zone: Any) -> None:
    assert ask(f"www.{ZONE}") == ("NOERROR", ["192.0.2.1", "192.0.2.2"])
    assert ask(f"alias.{ZONE}") == ("NOERROR", ["192.0.2.1", "192.0.2.2", f"www.{ZONE}"])
    assert ask(f"any.wild.{ZONE}", "TXT") == ("NOERROR", ['"here"'])
    assert ask(f"wild.{ZONE}", "TXT") == ("NOERROR", [])
    assert ask(f"www.{ZONE}", "AAAA") == ("NOERROR", [])
    assert ask(f"nobody.{ZONE}")[0] == "NXDOMAIN"
    assert ask("www.elsewhere.example.")[0] == "REFUSED"
    assert len(ask(ZONE, "NS")[1]) == 2


def test_a_zone_that_does_not_reach_the_name_server_stays_pending(
    ask: Ask, full_demo: Connection, full_faults: Callable[..., None]
) -> None:
    full_faults([{"driver": "zone_create", "name": "late", "stuck": True}])
    made = full_demo.dns.create_zone(name="late.example.", email="somebody@names.example", ttl=60)
    time.sleep(2)
    assert full_demo.dns.get_zone(made.id).status == "PENDING"
    assert ask("late.example.", "SOA")[0] == "REFUSED"
    full_faults([])
    wait(lambda: full_demo.dns.get_zone(made.id), lambda now: now.status == "ACTIVE")
    assert ask("late.example.", "SOA")[0] == "NOERROR"
    full_demo.dns.delete_zone(made)
    wait(lambda: full_demo.dns.find_zone("late.example."), lambda now: now is None)
    assert ask("late.example.", "SOA")[0] == "REFUSED"


def test_a_change_is_seen_when_it_has_been_transferred(ask: Ask, zone: Any, full_demo: Connection) -> None:
    made = full_demo.dns.create_recordset(zone, name=f"new.{ZONE}", type="A", records=["192.0.2.3"], ttl=60)
    wait(lambda: full_demo.dns.get_recordset(made.id, zone), lambda now: now.status == "ACTIVE")
    assert ask(f"new.{ZONE}") == ("NOERROR", ["192.0.2.3"])
    full_demo.dns.update_recordset(made, records=["192.0.2.4"])
    wait(lambda: ask(f"new.{ZONE}"), lambda now: now == ("NOERROR", ["192.0.2.4"]))
    full_demo.dns.delete_recordset(made, zone)
    wait(lambda: ask(f"new.{ZONE}"), lambda now: now[0] == "NXDOMAIN")


def test_the_name_server_can_be_silent_wrong_and_unable(ask: Ask, zone: Any, full_faults: Callable[..., None]) -> None:
    wrong = [{"answer": "192.0.2.66"}, {"error": "NXDOMAIN"}, {"error": "out of order"}]
    rules = [{"driver": "dns_answer", "name": "^www", "nth": nth, **what} for nth, what in enumerate(wrong, start=1)]
    full_faults([*rules, {"driver": "dns_answer", "name": "^alias", "stuck": True}])
    assert ask(f"www.{ZONE}") == ("NOERROR", ["192.0.2.66"])
    assert ask(f"www.{ZONE}") == ("NXDOMAIN", [])
    assert ask(f"www.{ZONE}") == ("SERVFAIL", [])
    with pytest.raises(dns.exception.Timeout):
        ask(f"alias.{ZONE}", timeout=1.0)
    full_faults([])
    assert ask(f"www.{ZONE}")[1] == ["192.0.2.1", "192.0.2.2"]
