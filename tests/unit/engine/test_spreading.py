"""``probe_spread`` at a port of UDP that is not there yet."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from typing import Any

import pytest
from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import Unanswered
from stackprobe.engine.steps.base import Step, StepContext
from stackprobe.engine.steps.spread import SpreadStep


def ask(port: int, seconds: float = 20) -> tuple[dict[str, Any], StepContext]:
    nothing: Any = None
    context = StepContext(nothing, Activity(time.monotonic() + seconds, "s", "Ask"), nothing, nothing, "", nothing)
    arguments = {"url": f"udp://127.0.0.1:{port}", "tell": "(.+)", "members": ["a", "b"], "count": 4, "reach": True}
    return SpreadStep().run(context, Step("spread", "s", "Ask", arguments)), context


def test_what_goes_wrong_before_the_first_good_answer_does_not_count() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def answer() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(20)
            sock.bind(("127.0.0.1", port))
            for member in itertools.islice(itertools.cycle([b"a", b"b"]), 4):
                sock.sendto(member, sock.recvfrom(64)[1])

    later = threading.Timer(0.5, answer)
    later.daemon = True
    later.start()
    found, _ = ask(port)
    assert found["members"] == {"a": 2, "b": 2} and found["requests"] == 4 and found["errors"] == 0


def test_a_port_that_never_answers_is_told() -> None:
    began = time.monotonic()
    with pytest.raises(Unanswered, match=r"1 of 1 requests failed: no datagram of 127\.0\.0\.1:9"):
        ask(9, 1)
    assert time.monotonic() - began >= 0.9
