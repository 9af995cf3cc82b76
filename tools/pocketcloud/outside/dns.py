"""The outside's name server (RFC 1035, UDP and TCP): one name has an address, and no other name exists."""

from __future__ import annotations

import contextlib
import logging
import socket
import socketserver
import struct
from dataclasses import dataclass

from pocketcloud.guests.names import OUTSIDE
from pocketcloud.outside.rules import Rules, Silence

LOG = logging.getLogger(__name__)
PORT = 53
NAME = "www.outside.example"
ADDRESSES = {NAME: OUTSIDE}
A, ANY, INTERNET = 1, 255, 1
TTL_S = 5
FORMERR, NXDOMAIN, NOTIMP = 1, 3, 4
RESPONSE, AUTHORITATIVE, RECURSION_DESIRED, RECURSION_AVAILABLE, OPCODE = 0x8000, 0x0400, 0x0100, 0x0080, 0x7800
HEADER = struct.Struct(">HHHHHH")
QUESTION_BYTES = 4096
POINTER_TO_QUESTION = b"\xc0\x0c"


@dataclass(frozen=True)
class Question:
    """What is asked. `wire` is the question as it came."""

    number: int
    flags: int
    name: str
    kind: int
    wire: bytes


def read(message: bytes) -> Question:
    """The question of a message. Raises ValueError."""
    if len(message) < HEADER.size:
        raise ValueError("no header")
    number, flags, questions, *_ = HEADER.unpack_from(message)
    if flags & RESPONSE or questions != 1:
        raise ValueError("not one question")
    labels, position = [], HEADER.size
    while position < len(message) and (length := message[position]):
        if length > 63:
            raise ValueError("a pointer in a question")
        labels.append(message[position + 1 : position + 1 + length].decode("ascii", "replace"))
        position += 1 + length
    end = position + 5
    if len(message) < end:
        raise ValueError("the question is cut short")
    kind, _ = struct.unpack_from(">HH", message, position + 1)
    return Question(number, flags, ".".join(labels).lower(), kind, message[HEADER.size : end])


def answer(question: Question, address: str | None = None, rcode: int | None = None) -> bytes:
    """The true answer, or this address, or this code, to whatever is asked."""
    found = address or ADDRESSES.get(question.name)
    records = b""
    if question.flags & OPCODE:
        rcode = NOTIMP
    elif rcode is None:
        rcode = 0 if found else NXDOMAIN
        if found and question.kind in (A, ANY):
            record = POINTER_TO_QUESTION + struct.pack(">HHIH", A, INTERNET, TTL_S, 4) + socket.inet_aton(found)
            records = record
    flags = RESPONSE | AUTHORITATIVE | RECURSION_AVAILABLE | rcode
    flags |= question.flags & (OPCODE | RECURSION_DESIRED)
    return HEADER.pack(question.number, flags, 1, 1 if records else 0, 0, 0) + question.wire + records


def respond(message: bytes, rules: Rules) -> bytes:
    """The answer that the rules let through. Raises Silence."""
    try:
        question = read(message)
    except ValueError as error:
        LOG.info("a question that is none: %s", error)
        if len(message) < HEADER.size or message[2] & (RESPONSE >> 8):
            raise Silence from None
        return HEADER.pack(int.from_bytes(message[:2]), RESPONSE | FORMERR, 0, 0, 0, 0)
    rule = rules.act("dns", question.name)
    return answer(question, rule.answer, rule.rcode) if rule else answer(question)


class _Datagram(socketserver.BaseRequestHandler):
    server: _DatagramServer

    def handle(self) -> None:
        message, sender = self.request
        with contextlib.suppress(Silence, OSError):
            sender.sendto(respond(message, self.server.rules), self.client_address)


class _Stream(socketserver.StreamRequestHandler):
    server: _StreamServer
    timeout = 30

    def handle(self) -> None:
        with contextlib.suppress(Silence, OSError):
            while length := self.rfile.read(2):
                reply = respond(self.rfile.read(int.from_bytes(length)), self.server.rules)
                self.wfile.write(len(reply).to_bytes(2) + reply)


class _DatagramServer(socketserver.ThreadingUDPServer):
    daemon_threads = True
    max_packet_size = QUESTION_BYTES
    rules: Rules


class _StreamServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128
    rules: Rules


def servers(host: str, rules: Rules) -> list[socketserver.BaseServer]:
    """Servers that listen. Raises OSError."""
    datagram, stream = _DatagramServer((host, PORT), _Datagram), _StreamServer((host, PORT), _Stream)
    datagram.rules = stream.rules = rules
    return [datagram, stream]
