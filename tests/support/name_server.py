"""A genuine name server on loopback (dnslib's), which can be made to misbehave name by name."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from dnslib import CNAME, QTYPE, RCODE, RR, TXT, A, DNSError, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer

from tests.support.ports import free_port

TTL_S = 60
LARGEST_BYTES = 1232
"""Of an answer over UDP."""


class NameServer(BaseResolver):
    """Knows the zone ``probed.example.``.

    ``www`` has two addresses, ``alias`` leads to ``www``, ``big`` has a record of 4000 bytes, ``servfail``, ``refused``
    and whatever it does not know are answered so, ``silent`` is not answered, ``garbage`` is answered with none,
    ``other`` with the answer to another question, ``lossy`` after two questions in vain, ``cut`` has no answer in TCP,
    ``late`` exists from the third question on, ``slow`` takes 0.3 s.

    :ivar asked: every question, as ``udp www.probed.example. A``.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.address = ""

    def count(self, name: str) -> int:
        """How often a name of the zone was asked for over UDP."""
        return sum(one.startswith(f"udp {name}.probed.example.") for one in self.asked)

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:
        self.asked.append(f"{handler.protocol} {request.q.qname} {QTYPE[request.q.qtype]}")
        name, reply = str(request.q.qname), request.reply()
        label, _, zone = name.partition(".")
        number = self.count(label)
        if label == "silent" or (label == "lossy" and number <= 2) or (label == "cut" and handler.protocol == "tcp"):
            raise DNSError("no answer")
        if zone != "probed.example.":
            reply.header.rcode = RCODE.REFUSED
            return reply
        if label in ("servfail", "refused"):
            reply.header.rcode = getattr(RCODE, label.upper())
        elif label == "other":
            return DNSRecord.question("other.invalid").reply()
        elif label == "slow":
            threading.Event().wait(0.3)
        kind = QTYPE[request.q.qtype]
        if label in ("big", "cut") and kind == "TXT":
            reply.add_answer(RR(name, QTYPE.TXT, rdata=TXT([b"x" * 250] * 16), ttl=TTL_S))
        elif label == "alias":
            reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME("www.probed.example."), ttl=TTL_S))
            label, name = "www", "www.probed.example."
        if label in ("www", "lossy", "slow") or (label == "late" and number > 2):
            for address in ("192.0.2.1", "192.0.2.2") if kind == "A" else ():
                reply.add_answer(RR(name, QTYPE.A, rdata=A(address), ttl=TTL_S))
        elif not reply.rr and reply.header.rcode == RCODE.NOERROR and label not in ("big", "cut"):
            reply.header.rcode = RCODE.NXDOMAIN
        return reply


class _Handler(DNSHandler):
    udplen = LARGEST_BYTES

    def get_reply(self, data: bytes) -> bytes:
        if DNSRecord.parse(data).q.qname.label[0] == b"garbage":
            return data[:2] + b"\xff" * 20
        return bytes(super().get_reply(data))


@contextlib.contextmanager
def name_server() -> Iterator[NameServer]:
    """One that runs, on UDP and TCP; its ``address`` is ``127.0.0.1:PORT``."""
    resolver = NameServer()
    port, quiet = free_port(), DNSLogger("-recv,-send,-request,-reply,-truncated,-error")
    resolver.address = f"127.0.0.1:{port}"
    servers = [
        DNSServer(resolver, address="127.0.0.1", port=port, tcp=tcp, handler=_Handler, logger=quiet)
        for tcp in (False, True)
    ]
    for server in servers:
        server.start_thread()
    try:
        yield resolver
    finally:
        for server in servers:
            server.stop()
            server.server.server_close()
