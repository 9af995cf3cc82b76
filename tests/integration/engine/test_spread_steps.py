"""``probe_spread`` against genuine web servers behind one address: shares, errors, and since when all is well."""

from __future__ import annotations

import http.server
import itertools
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from stackprobe.engine.tally import Asked, Tally
from stackprobe.namings.figures import OWN

from tests.integration.engine.driver import Probe

NOBODY_S = 0.05


class Balancer(http.server.ThreadingHTTPServer):
    """Answers as members in turn; what stands in ``turns`` comes next, over and over.

    A number is that HTTP status, an empty text the end of the connection without an answer.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.connections = 0
        self.lead("first", "second")

    def lead(self, *turns: str | int) -> None:
        self.turns = itertools.cycle(turns)

    def lead_later(self, seconds: float, *turns: str | int) -> threading.Timer:
        timer = threading.Timer(seconds, self.lead, turns)
        timer.start()
        return timer

    def handle_error(self, *_: object) -> None:
        """A client that goes away is what is tested."""

    def get_request(self) -> tuple[object, object]:
        self.connections += 1
        return super().get_request()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/?token=verysecret"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Balancer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        turn = next(self.server.turns)
        if turn == "":
            self.close_connection = True
            return
        content = b"" if isinstance(turn, int) else f"this is {turn}\n".encode()
        self.send_response(turn if isinstance(turn, int) else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def balancer() -> Iterator[Balancer]:
    one = Balancer()
    thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield one
    one.shutdown()
    thread.join()
    one.server_close()


def ask(probe: Probe, balancer: Balancer, **more: object) -> dict[str, object]:
    arguments = {"url": balancer.url, "tell": "this is (.*)", "members": ["first", "second"], **more}
    return probe.step("spread", **arguments)


def test_requests_are_counted_by_who_has_answered(probe: Probe, balancer: Balancer) -> None:
    answer = ask(probe, balancer, count=30, tolerance=0, expect={"members.first": 15})
    assert answer["outcome"] == "passed", answer
    assert answer["result"]["members"] == {"first": 15, "second": 15} and answer["result"]["deviation"] == 0
    step = probe.one("step", kind="spread")
    figures = step["figures"]
    assert {name: figures[name] for name in ("requests", "errors", "strays")} == {
        "requests": 30, "errors": 0, "strays": 0,
    }  # fmt: skip
    assert (figures["first_percent"], figures["second_percent"]) == (50, 50)
    times = [figures[f"request_{name}_ms"] for name in ("p50", "p95", "max")]
    assert 0 < times[0] <= times[1] <= times[2] <= step["duration_ms"]
    assert not set(figures) & OWN, "metrics would not have them"
    assert balancer.connections == 30, "each request has a connection of its own"
    assert "verysecret" not in (probe.output / "journal.jsonl").read_text()


@pytest.mark.parametrize(
    ("turns", "more", "told"),
    [
        (("first", "first", "first", "second"), {"tolerance": 2}, "first 15, second 5; expected 10 ± 2 of 20 each"),
        (("first",), {}, "first 20, second 0; expected each of first, second and nobody else"),
        (("first", "second", "third", "first"), {}, "second 5, third 5; expected each of"),
        (("first", "second", 500, "second"), {}, "5 of 20 requests failed: HTTP 500 (5 times)"),
        (("first", "second", "", "second"), {"errors": 4}, "5 of 20 requests failed: "),
        ((502,), {}, "20 of 20 requests failed: HTTP 502"),
    ],
    ids=["unequal", "one alone", "a stranger", "an error", "too many errors", "errors alone"],
)  # fmt: skip
def test_what_is_not_as_expected_is_failed(
    probe: Probe, balancer: Balancer, turns: tuple[str | int, ...], more: dict[str, int], told: str
) -> None:
    balancer.lead(*turns)
    answer = ask(probe, balancer, **more)
    assert answer["outcome"] == "failed" and told in answer["message"], answer


def test_one_who_answers_everything_is_what_is_wanted_of_a_balancer_that_keeps_to_him(
    probe: Probe, balancer: Balancer
) -> None:
    balancer.lead("second")
    answer = ask(probe, balancer, same=True)
    assert answer["outcome"] == "passed" and answer["result"]["members"] == {"first": 0, "second": 20}, answer
    balancer.lead("second", "second", "first")
    answer = ask(probe, balancer, same=True)
    assert answer["outcome"] == "failed", answer
    assert "first 6, second 14; expected always the same one of first, second and nobody else" in answer["message"]
    balancer.lead("third")
    answer = ask(probe, balancer, same=True)
    assert answer["outcome"] == "failed" and "third 20; expected always the same one of" in answer["message"], answer


def test_it_is_waited_until_one_is_kept_to(probe: Probe, balancer: Balancer) -> None:
    balancer.lead("first", 503)
    later = balancer.lead_later(0.5, "second")
    answer = ask(probe, balancer, same=True, wait=True, count=10, interval=0.01, deadline=30)
    later.join()
    assert answer["outcome"] == "passed" and answer["result"]["members"] == {"first": 0, "second": 10}, answer
    balancer.lead("first", "second")
    answer = ask(probe, balancer, same=True, wait=True, count=4, deadline=0.5)
    assert answer["outcome"] == "failed" and "expected 4 in a row by one of first, second" in answer["message"], answer


@pytest.fixture
def datagrams() -> Iterator[str]:
    """The address of who answers datagrams as first and second in turn, and every fifth one not at all."""
    turns = itertools.cycle(["first", "second", "first", "second", ""])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                question, client = sock.recvfrom(100)
                if not question:
                    return
                clients.add(client)
                if turn := next(turns):
                    sock.sendto(f"this is {turn}\n".encode(), client)

        clients: set[object] = set()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"udp://127.0.0.1:{sock.getsockname()[1]}"
        assert len(clients) > 1, "each from a port of its own"
        sock.sendto(b"", sock.getsockname())
        thread.join()


def test_datagrams_are_answered_by_members_too(probe: Probe, balancer: Balancer, datagrams: str) -> None:
    answer = ask(probe, balancer, url=datagrams, count=4)
    assert answer["outcome"] == "passed" and answer["result"]["members"] == {"first": 2, "second": 2}, answer
    answer = ask(probe, balancer, url=datagrams, count=5, timeout=NOBODY_S)
    assert answer["outcome"] == "failed", answer
    assert f"1 of 5 requests failed: nothing within {NOBODY_S:g} s while waiting for a datagram" in answer["message"]


def test_a_port_of_udp_that_nobody_has_is_told(probe: Probe, balancer: Balancer) -> None:
    answer = ask(probe, balancer, url="udp://127.0.0.1:9", count=2)
    assert answer["outcome"] == "failed" and "no datagram of 127.0.0.1:9: Connection refused" in answer["message"]


def test_errors_that_are_allowed_are_figures(probe: Probe, balancer: Balancer) -> None:
    balancer.lead("first", "second", 500, "first", "second")
    answer = ask(probe, balancer, errors=4)
    assert answer["outcome"] == "passed" and answer["result"]["errors"] == 4, answer
    assert answer["result"]["problems"] == "HTTP 500 (4 times)"


def test_an_answer_that_does_not_tell_whose_it_is_is_an_error(probe: Probe, balancer: Balancer) -> None:
    answer = ask(probe, balancer, tell="name: (.*)", count=2)
    assert answer["outcome"] == "failed" and "does not tell whose it is: 'this is first" in answer["message"], answer


def test_strangers_make_no_metrics_and_no_long_messages(probe: Probe, balancer: Balancer) -> None:
    balancer.lead(*(f"{'x' * 5000}\x1b[31m{number}" for number in range(40)))
    answer = ask(probe, balancer, count=40)
    assert answer["outcome"] == "failed" and len(answer["message"]) < 3000, answer
    assert len(answer["result"]["members"]) <= 12 and "\x1b" not in str(answer["result"]["members"])
    figures = probe.one("step", kind="spread")["figures"]
    assert [name for name in figures if name.endswith("_percent")] == ["first_percent", "second_percent"]
    assert figures["strays"] == 40


def test_nobody_there_is_told(probe: Probe, balancer: Balancer) -> None:
    answer = ask(probe, balancer, url="http://127.0.0.1:9/", count=2)
    assert answer["outcome"] == "failed" and "2 of 2 requests failed: no connection to 127.0.0.1" in answer["message"]


def test_it_is_waited_until_the_balancer_has_noticed(probe: Probe, balancer: Balancer) -> None:
    balancer.lead("first", 503, "second")
    later = balancer.lead_later(0.5, "first")
    answer = ask(probe, balancer, members=["first"], wait=True, count=10, interval=0.01, deadline=30)
    later.join()
    assert answer["outcome"] == "passed", answer
    step = probe.one("step", kind="spread")
    assert 400 < step["duration_ms"] < 20_000, "the time until it was so, not what was asked to make sure"
    assert step["figures"]["errors"] > 0 and step["figures"]["strays"] > 0
    assert step["figures"]["first_percent"] == 100 and step["polls"] == step["figures"]["requests"]


def test_a_wait_has_a_limit_of_errors_and_of_time(probe: Probe, balancer: Balancer) -> None:
    balancer.lead("first", 503)
    later = balancer.lead_later(0.3, "first", "second")
    answer = ask(probe, balancer, wait=True, count=4, errors=0, interval=0.01)
    later.join()
    assert answer["outcome"] == "failed" and "requests failed: HTTP 503" in answer["message"], answer
    balancer.lead("first", 503)
    began = time.monotonic()
    answer = ask(probe, balancer, wait=True, count=4, deadline=0.5)
    assert answer["outcome"] == "failed" and time.monotonic() - began < 10
    assert "of the last 4 requests 2 failed (HTTP 503 (2 times)), answered: first 2, second 0;" in answer["message"], (
        answer
    )


def test_a_request_that_is_not_answered_is_given_up_alone(probe: Probe, balancer: Balancer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        answer = ask(probe, balancer, url=url, count=2, timeout=NOBODY_S)
    assert answer["outcome"] == "failed" and f"nothing within {NOBODY_S:g} s" in answer["message"], answer


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"tell": "("}, "`tell` is no regular expression"),
        ({"members": []}, "`members` must be a list of names"),
        ({"members": ["first", "first"]}, "each another one"),
        ({"count": 1}, "`count` must be a number of 2"),
        ({"url": "ftp://x/"}, "http"),
        ({"timeout": "soon"}, "`timeout` must be a number"),
        ({"url": "udp://127.0.0.1"}, "`url` must be udp://HOST:PORT"),
        ({"url": "udp://me@127.0.0.1:9"}, "`url` must be udp://HOST:PORT"),
        ({"url": "udp://127.0.0.1:9", "on": "guest"}, "`on` does not go with udp"),
    ],
)
def test_bad_arguments_are_errors(probe: Probe, balancer: Balancer, more: dict[str, object], told: str) -> None:
    answer = ask(probe, balancer, **more)
    assert answer["outcome"] == "error" and told in answer["message"], answer


def test_the_moment_is_the_last_that_was_wrong_or_the_first_of_him_who_came_last() -> None:
    def tally(*members: str) -> Tally:
        asked = [Asked(10 + number, 100, one, "" if one else "no") for number, one in enumerate(members)]
        return Tally(("a", "b"), 3, asked)

    assert tally("a", "", "a", "b", "a").settled and not tally("a", "", "a", "b").settled
    assert tally("a", "", "a", "b", "a").settled_after_ms(10) == 3000, "b answers first at 13 s"
    assert tally("a", "b", "c", "", "b", "a", "b").settled_after_ms(10) == 5000
    assert Tally(("a",), 2, tally("b", "a", "a").asked).settled_after_ms(10) == pytest.approx(1000)
    assert Tally(("a",), 1, tally("a", "c").asked).settled_after_ms(10) == pytest.approx(1100)
    kept = Tally(("a", "b"), 2, tally("a", "", "a", "b", "b").asked, same=True)
    assert kept.settled and kept.settled_after_ms(10) == 3000, "b answers all from 13 s on"
