"""What the name server of the outside says."""

from __future__ import annotations

import socket
import struct

import pytest
from pocketcloud.outside import dns


def asked(name: str, kind: int = 1, number: int = 7) -> bytes:
    """A question for a name, as it is sent."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def test_the_outside_knows_one_name() -> None:
    reply = dns.answer(dns.read(asked("WWW.outside.example")))
    number, flags, questions, answers, _, _ = struct.unpack_from(">HHHHHH", reply)
    assert (number, flags & 0x800F, questions, answers) == (7, 0x8000, 1, 1)
    assert reply.endswith(socket.inet_aton("203.0.113.1"))
    assert dns.answer(dns.read(asked("www.outside.example", kind=28)))[3:8] == b"\x80\0\x01\0\0"  # no AAAA, no error
    assert dns.answer(dns.read(asked("other.example")))[3] & 15 == 3


def test_the_outside_lies_when_it_is_told_to() -> None:
    question = dns.read(asked("other.example"))
    assert dns.answer(question, address="192.0.2.66").endswith(socket.inet_aton("192.0.2.66"))
    assert dns.answer(question, rcode=2)[3] & 15 == 2


@pytest.mark.parametrize(
    "message", [b"", b"x" * 12, asked("a.example")[:-3], asked("a" * 64), asked("a")[:2] + bytes(10)]
)
def test_what_is_no_question_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        dns.read(message)
