"""Asks name servers as a stub resolver does: over UDP, again when nothing comes, over TCP when the answer is cut."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.resolver
import dns.reversename

from stackprobe.address import Address, parse_address
from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import StepError, StepFailure, Unanswered
from stackprobe.errors import UsageError

PORT = 53
TRY_S = 2.0
"""How long the answer to one question over UDP is waited for, in seconds; then it is asked again."""
PAYLOAD_BYTES = 1232
"""The largest answer asked for over UDP: what passes every network unfragmented (dnsflagday.net)."""
NODATA = "NODATA"
"""Stands for NOERROR without a record of the type, as people call it."""
_ASK_ANOTHER = (dns.rcode.SERVFAIL, dns.rcode.REFUSED)


@dataclass(frozen=True)
class Question:
    """A name and a record type, of class IN."""

    name: dns.name.Name
    type: dns.rdatatype.RdataType

    def __str__(self) -> str:
        return f"{self.name.to_text(omit_final_dot=True)} {dns.rdatatype.to_text(self.type)}"


@dataclass
class Answer:
    """What a name server said.

    :param rcode: the response code's name, or :data:`NODATA`.
    :param records: the data of the records of the type, as text, sorted.
    :param aliases: where the name leads before it comes to them (CNAME).
    :param ttl: seconds that the answer may be kept.
    :param asked: questions that were sent; more than one where nothing came, or nothing good.
    :param tcp: the answer came over TCP.
    """

    rcode: str
    server: str
    records: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    ttl: int | None = None
    authoritative: bool = False
    asked: int = 1
    tcp: bool = False


def question(name: Any, rdtype: Any) -> Question:
    """The question for ``name`` (an IP address where the type is PTR), which is always taken as a full one.

    :raises StepError: one of them is none.
    """
    try:
        kind = dns.rdatatype.from_text(str(rdtype))
    except (dns.rdatatype.UnknownRdatatype, ValueError):
        raise StepError(f"`type` must be a type of DNS records like A, AAAA or TXT, not {rdtype!r}") from None
    if dns.rdatatype.is_metatype(kind):
        raise StepError(f"`type` must be a type of DNS records like A, AAAA or TXT, not the query type {rdtype!r}")
    text = str(name)
    try:
        if kind == dns.rdatatype.PTR and _is_ip(text):
            return Question(dns.reversename.from_address(text), kind)
        full = dns.name.from_text(text)
    except (dns.exception.DNSException, UnicodeError, ValueError) as error:
        raise StepError(f"`name` is no DNS name: {text[:300]!r} ({error})") from None
    return Question(full, kind)


def normal(text: Any, kind: dns.rdatatype.RdataType) -> str:
    """The data of a record in the one way it is compared and shown: ``2001:db8:0::1`` → ``2001:db8::1``.

    :raises StepError: it is none of the type.
    """
    try:
        data = dns.rdata.from_text(dns.rdataclass.IN, kind, str(text), origin=dns.name.root, relativize=False)
    except (dns.exception.DNSException, ValueError) as error:
        name = dns.rdatatype.to_text(kind)
        raise StepError(f"{str(text)[:300]!r} is no data of a record of type {name} ({error})") from None
    return data.to_text()


def servers(given: Any, activity: Activity) -> list[Address]:
    """The servers to ask: the given one (``ADDRESS[:PORT]``, or a name for the address), else the system's resolver.

    :raises StepError: malformed, or the system has no resolver.
    :raises Unanswered: the name server's own name leads nowhere.
    """
    if given in (None, ""):
        try:
            found = dns.resolver.Resolver()
        except (dns.exception.DNSException, OSError) as error:
            raise StepError(f"the system has no resolver to ask ({error}): name a `server`") from None
        return [Address(str(one), PORT) for one in found.nameservers]
    text = str(given)
    try:
        address = parse_address(f"[{text}]" if _is_ip(text) and ":" in text else text, default_port=PORT)
    except UsageError as error:
        raise StepError(f"`server`: {error}") from None
    if _is_ip(address.host):
        return [address]
    activity.doing = f"resolving the name server's own name {address.host}"
    try:
        found_addresses = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise Unanswered(f"the name server's own name {address.host} cannot be resolved: {error}") from None
    return [Address(str(one[4][0]), address.port) for one in found_addresses]


def ask(asked: Question, among: list[Address], activity: Activity, try_s: float = TRY_S) -> Answer:
    """The answer of the first server that has a good one; all are asked in turn until the step's time is over.

    :param try_s: how long to wait for one answer, in seconds.
    :raises Unanswered: nothing came in time.
    :raises StepFailure: what came is no answer.
    """
    started, number, problem = time.monotonic(), 0, ""
    for server in _in_turn(among):
        if activity.remaining() <= 0:
            spent_s = time.monotonic() - started
            raise Unanswered(f"no answer to {asked} within {spent_s:.1f} s, asked {_times(number)}: {problem}")
        number += 1
        activity.doing = f"asking {server} for {asked}"
        try:
            message, tcp = _exchange(asked, server, activity, try_s)
        except (OSError, EOFError, dns.exception.Timeout) as error:
            problem = f"{server} {_silence(error)}"
            if not isinstance(error, dns.exception.Timeout):  # it was refused at once: no reason to ask at once again
                activity.over.wait(min(try_s / 4, activity.remaining()))
            continue
        except (dns.exception.DNSException, ValueError) as error:
            raise StepFailure(f"malformed answer of {server} to {asked}: {type(error).__name__}: {error}") from None
        if message.rcode() in _ASK_ANOTHER and number < len(among):
            continue
        return _read(message, server, number, tcp)
    raise StepError("there is no name server to ask")


def _exchange(asked: Question, server: Address, activity: Activity, try_s: float) -> tuple[dns.message.Message, bool]:
    """One question and its answer, and whether TCP was needed."""
    query = dns.message.make_query(asked.name, asked.type, use_edns=0, payload=PAYLOAD_BYTES)
    wire = query.to_wire()
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock, activity.holding(sock):
        sock.setblocking(False)
        sock.connect((server.host, server.port))  # so that a closed port is heard of, and nobody else's answers are
        ends = time.time() + min(try_s, activity.remaining())
        dns.query.send_udp(sock, wire, None, ends)
        try:
            message = dns.query.receive_udp(sock, expiration=ends, raise_on_truncation=True)[0]
        except dns.message.Truncated:
            message = None
    if message is None:
        with socket.socket(family, socket.SOCK_STREAM) as sock, activity.holding(sock):
            sock.settimeout(max(activity.remaining(), 0.001))
            sock.connect((server.host, server.port))
            sock.setblocking(False)
            ends = time.time() + activity.remaining()
            dns.query.send_tcp(sock, wire, ends)
            message = dns.query.receive_tcp(sock, ends)[0]
        tcp = True
    else:
        tcp = False
    if not query.is_response(message):
        raise dns.query.BadResponse("it answers another question")
    return message, tcp


def _read(message: dns.message.Message, server: Address, number: int, tcp: bool) -> Answer:
    rcode = dns.rcode.to_text(message.rcode())
    authoritative = bool(message.flags & dns.flags.AA)
    answer = Answer(rcode, str(server), authoritative=authoritative, asked=number, tcp=tcp)
    if message.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN) or not isinstance(
        message, dns.message.QueryMessage
    ):
        return answer
    try:
        chain = message.resolve_chaining()
    except dns.exception.DNSException as error:
        raise StepFailure(f"the answer of {server} contradicts itself: {type(error).__name__}: {error}") from None
    answer.aliases = [data.target.to_text() for one in chain.cnames for data in one]
    answer.ttl = chain.minimum_ttl
    if chain.answer is not None:
        answer.records = sorted(data.to_text() for data in chain.answer)
    elif message.rcode() == dns.rcode.NOERROR:
        answer.rcode = NODATA
    return answer


def _in_turn(among: list[Address]) -> Iterator[Address]:
    while among:
        yield from among


def _silence(error: Exception) -> str:
    if isinstance(error, dns.exception.Timeout | TimeoutError):
        return "is silent"
    if isinstance(error, EOFError):
        return "closes the connection in the middle of its answer"
    return f"does not take the question ({(isinstance(error, OSError) and error.strerror) or error})"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
