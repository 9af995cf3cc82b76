"""Which request belongs to which step, which try it is, and how a step is ended from outside."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest
from stackprobe.engine.activity import Activity, Call, current, under_way


def activity(*calls: Call) -> Activity:
    return Activity(time.monotonic() + 60, calls=list(calls))


def call(status: int | None, method: str = "GET", url: str = "/v2.0/networks", **more: Any) -> Call:
    return Call("network", method, url, "networks", 0.0, status=status, **more)


@pytest.mark.parametrize("status", [None, 429, 500, 503])
def test_the_same_request_after_a_broken_answer_is_another_attempt(status: int | None) -> None:
    first = call(status, error=None if status else "reset")
    assert activity(first).next_attempt("GET", "/v2.0/networks") == 2


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [("GET", "/other", 503), ("POST", "/v2.0/networks", 503), ("GET", "/v2.0/networks", 200)],
)
def test_another_request_or_one_after_a_good_answer_is_a_first_attempt(method: str, url: str, status: int) -> None:
    assert activity(call(status)).next_attempt(method, url) == 1


def test_attempts_count_up_and_retries_are_all_but_the_first() -> None:
    one = activity(call(503, attempt=1), call(503, attempt=2), call(200, attempt=3))
    assert activity(call(503, attempt=2)).next_attempt("GET", "/v2.0/networks") == 3
    assert one.retries() == 2


def test_garbage_counts_until_the_same_request_is_answered_well() -> None:
    garbage = call(200, malformed=True)
    assert activity(garbage).unrecovered() is garbage
    assert activity(garbage, call(200)).unrecovered() is None
    assert activity(garbage, call(200, url="/other")).unrecovered() is garbage
    assert activity(call(200), garbage).unrecovered() is garbage
    assert activity(garbage, call(503)).unrecovered() is garbage


@pytest.mark.parametrize(
    ("calls", "uncertain"),
    [
        ([call(None, "POST", error="reset"), call(201, "POST")], True),
        ([call(503, "POST"), call(201, "POST")], True),
        ([call(429, "POST"), call(201, "POST")], False),
        ([call(None, error="reset"), call(201, "POST")], False),
    ],
)
def test_only_an_unanswered_change_leaves_doubt(calls: list[Call], uncertain: bool) -> None:
    assert activity(*calls).uncertain() is uncertain


def test_time_on_the_wire_spans_all_requests() -> None:
    assert activity().wire_ms() is None
    assert activity(call(200, began=1.0, ended=1.2), call(200, began=2.0, ended=2.5)).wire_ms() == 1500.0


def test_each_thread_has_its_own_activity() -> None:
    one, other = activity(), activity()
    seen: list[Activity | None] = []
    with under_way(one):
        with under_way(other):
            assert current() is other
        thread = threading.Thread(target=lambda: seen.append(current()))
        thread.start()
        thread.join()
        assert current() is one
    assert seen == [None] and current() is None


class Connection:
    def __init__(self, sock: socket.socket, user: Activity) -> None:
        self.sock, self.stackprobe_user = sock, user


def test_aborting_wakes_the_thread_that_reads_and_leaves_no_time() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        one = activity()
        one.connection = Connection(ours, one)
        reader = threading.Thread(target=ours.recv, args=(1,))
        reader.start()
        one.abort("SIGTERM")
        reader.join(5)
        assert not reader.is_alive()
        assert one.remaining() == 0 and one.aborted == "SIGTERM" and one.over.is_set()
        one.abort("deadline")
        assert one.aborted == "SIGTERM", "the first reason stays"


def test_aborting_does_not_touch_a_connection_that_another_step_took_over() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        one = activity()
        one.connection = Connection(ours, activity())
        one.abort("deadline")
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"


def test_whatever_cannot_be_ended_does_not_keep_a_step_from_its_end() -> None:
    class Stubborn:
        def shutdown(self, _how: int) -> None:
            raise RuntimeError("no")

    one = activity()
    with one.holding(Stubborn()):
        one.abort("deadline")
    assert one.over.is_set()
