# mypy: disable-error-code="import-untyped, import-not-found"
"""The cloud's name server: gets its zones from designate as any name server does, and answers on UDP.

Designate's worker tells it which zones there are and notifies it of changes; then it transfers the zone. What it
answers is what it has transferred, so a change is seen when it has really arrived.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.node
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.zone

from pocketcloud.faults.book import RuleBook

LOG = logging.getLogger(__name__)
LARGEST = 1232  # bytes of an answer, as name servers have it since 2020
ALIASES = 8  # how far a chain of aliases is followed
POLL_S = 0.1
Master = Callable[[dict[str, Any]], Iterable[bytes | None]]
Respond = Callable[[dns.message.Message], "dns.message.Message | None"]


class Zones:
    """The zones that the name server has been told of: name → contents, None until they were transferred."""

    def __init__(self) -> None:
        self._zones: dict[dns.name.Name, dns.zone.Zone | None] = {}
        self.master: Master | None = None

    def add(self, name: str) -> None:
        """Serve a zone, from the next notification on."""
        self._zones.setdefault(dns.name.from_text(name), None)

    def remove(self, name: str) -> None:
        """Serve a zone no more."""
        self._zones.pop(dns.name.from_text(name), None)

    def transfer(self, name: dns.name.Name) -> None:
        """Get a zone's contents from designate."""
        if name not in self._zones or self.master is None:
            return
        query = dns.message.make_query(name, dns.rdatatype.AXFR)
        wire = [one for one in self.master({"payload": query.to_wire(), "addr": ("127.0.0.1", 0)}) if one]
        messages = [dns.message.from_wire(one, xfr=True, one_rr_per_rrset=True) for one in wire]
        zone = dns.zone.Zone(name, relativize=False)
        with zone.writer(replacement=True) as writer:
            for message in messages:
                if message.rcode():
                    raise dns.exception.DNSException(f"designate answers with {dns.rcode.to_text(message.rcode())}")
                for rrset in message.answer:
                    writer.add(rrset)
        if name in self._zones:
            self._zones[name] = zone

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """What the name server says to a query or a notification."""
        response = dns.message.make_response(query)
        if len(query.question) != 1 or query.question[0].rdclass != dns.rdataclass.IN:
            response.set_rcode(dns.rcode.FORMERR)
            return response
        name = query.question[0].name
        if query.opcode() == dns.opcode.NOTIFY:
            self.transfer(name)
            return response
        origin = next((one for one in _and_ancestors(name) if one in self._zones), None)
        if query.opcode() != dns.opcode.QUERY or origin is None:
            response.set_rcode(dns.rcode.REFUSED)
        elif (zone := self._zones[origin]) is None:
            response.set_rcode(dns.rcode.SERVFAIL)
        else:
            response.flags |= dns.flags.AA
            _look_up(zone, name, query.question[0].rdtype, response)
        return response


ZONES = Zones()


def _and_ancestors(name: dns.name.Name) -> Iterable[dns.name.Name]:
    yield name
    while name != dns.name.root:
        name = name.parent()
        yield name


def _look_up(
    zone: dns.zone.Zone, name: dns.name.Name, kind: dns.rdatatype.RdataType, response: dns.message.Message
) -> None:
    """Put into the response what a zone has of a name, following aliases within the zone."""
    origin = zone.origin or dns.name.root
    for _ in range(ALIASES):
        node = _node(zone, name)
        if node is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
            break
        for wanted in (kind, dns.rdatatype.CNAME):
            found = node.get_rdataset(dns.rdataclass.IN, wanted)
            if found is not None:
                response.answer.append(dns.rrset.from_rdata_list(name, found.ttl, list(found)))
                break
        if found is None:
            break
        if wanted == kind or not found[0].target.is_subdomain(origin):
            return
        name = found[0].target
    soa = zone.find_rdataset(origin, dns.rdatatype.SOA)
    response.authority.append(dns.rrset.from_rdata_list(origin, soa.ttl, list(soa)))


def _node(zone: dns.zone.Zone, name: dns.name.Name) -> dns.node.Node | None:
    """A name's records; none of them when only names below it have some; None when there is no such name."""
    for ancestor in _and_ancestors(name):
        if (node := zone.get_node(ancestor)) is not None and ancestor == name:
            return node
        if any(one.is_subdomain(ancestor) for one in zone.nodes):  # it exists, be it only by those below
            return dns.node.Node() if ancestor == name else zone.get_node(dns.name.Name(("*", *ancestor.labels)))
    return None


def start(master: Master, port: int, book: RuleBook) -> int:
    """Serve on this port for customers, faults apply, and on another for designate itself: the result."""
    ZONES.master = master
    _serve(port, lambda query: _with_faults(query, book))
    return _serve(0, ZONES.answer)


def _serve(port: int, respond: Respond) -> int:
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", port))
    number = int(listener.getsockname()[1])

    def one(payload: bytes, peer: tuple[str, int]) -> None:
        try:
            query = dns.message.from_wire(payload)
            response = respond(query)
            if response is not None:
                with contextlib.suppress(OSError):
                    listener.sendto(_wire(response), peer)
        except Exception:
            LOG.exception("a question from %s", peer)

    def receive() -> None:
        while True:
            payload, peer = listener.recvfrom(LARGEST * 4)
            threading.Thread(target=one, args=(payload, peer), daemon=True).start()

    threading.Thread(target=receive, name=f"dns-{number}", daemon=True).start()
    return number


def _wire(response: dns.message.Message) -> bytes:
    try:
        return response.to_wire(max_size=LARGEST)
    except dns.exception.TooBig:
        response.answer.clear()
        response.flags |= dns.flags.TC
        return response.to_wire()


def _with_faults(query: dns.message.Message, book: RuleBook) -> dns.message.Message | None:
    """The answer, or what the rule for it makes of it."""
    name = query.question[0].name.to_text() if query.question else ""
    rule = book.driver_rule("dns_answer", name)
    if rule is None:
        return ZONES.answer(query)
    LOG.info("%s: injected %s", name, rule.key)
    end = time.monotonic() + (rule.delay[1] if rule.delay else 0)
    while time.monotonic() < end and book.holds(rule):
        time.sleep(POLL_S)
    if rule.stuck:
        return None
    response = ZONES.answer(query)
    if rule.error is not None:
        response = dns.message.make_response(query)
        with contextlib.suppress(Exception):
            response.set_rcode(dns.rcode.SERVFAIL)
            response.set_rcode(dns.rcode.from_text(rule.error))
    if rule.answer is not None:
        question = query.question[0]
        lie = dns.rrset.from_text(question.name, 60, dns.rdataclass.IN, question.rdtype, rule.answer)
        response.set_rcode(dns.rcode.NOERROR)
        response.answer, response.authority = [lie], []
    return response
