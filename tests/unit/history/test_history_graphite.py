"""What is asked of graphite-web, and what is made of its answers, also of bad ones; see integration for a real one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from stackprobe.errors import UsageError
from stackprobe.history.graphite import AGES_S, GraphiteHistory, pieces
from stackprobe.history.model import HistoryUnavailable, PastRun, Sample
from stackprobe.history.render import BATCH, RenderClient, RenderFailed
from stackprobe.results import Outcome

DAY = 86400


class Web:
    """A server in graphite-web's place: tells what it was asked, and answers what the test says."""

    def __init__(self) -> None:
        self.answer: Any = []
        self.status = 200
        self.asked: list[dict[str, list[str]]] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                web.asked.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                answer = web.answer(web.asked[-1]) if callable(web.answer) else web.answer
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(web.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.client = RenderClient(f"http://127.0.0.1:{self.server.server_port}/", 5)
        self.history = GraphiteHistory(self.client, "p.demo.one")
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def web() -> Iterator[Web]:
    one = Web()
    yield one
    one.server.shutdown()
    one.server.server_close()


def series(name: str, *slots: tuple[int, float | None]) -> dict[str, Any]:
    return {"target": name, "datapoints": [[value, t] for t, value in slots]}


def now() -> int:
    return int(time.time())


def test_slots_without_a_value_and_names_before_the_figure_are_left_out(web: Web) -> None:
    t = now() - 600
    web.answer = [series("p.demo.one.compute.failed", (t, 1), (t + 60, None), (t + 120, 0.0))]
    assert web.history.figures(["compute.*"], t, t + 300) == {"compute.failed": [Sample(t, 1), Sample(t + 120, 0)]}
    (asked,) = web.asked
    assert asked == {
        "target": ["p.demo.one.compute.*"], "from": [str(t - 1)], "until": [str(t + 300)],
        "format": ["json"], "noCache": ["true"],
    }  # fmt: skip


def test_slots_outside_of_the_window_are_left_out(web: Web) -> None:
    t = now() - 600
    web.answer = [series("p.demo.one.x", (t - 60, 1), (t, 2), (t + 60, 3), (t + 120, 4))]
    assert web.history.figures(["x"], t, t + 60) == {"x": [Sample(t, 2), Sample(t + 60, 3)]}


def test_a_long_window_is_asked_for_piece_by_piece_so_that_its_recent_part_is_fine() -> None:
    t = float(now())
    found = list(pieces(t - 40 * DAY, t, t))
    assert [round((t - begin) / DAY, 2) for begin, _ in found] == [40, 29.99, 6.99, 0.99, 0.24]
    assert all(age_s - (t - begin) > 600 for (begin, _), age_s in zip(found[:0:-1], AGES_S, strict=False))
    assert [end for _, end in found] == [*(begin for begin, _ in found[1:]), t]


def test_windows_of_any_kind_are_asked_for_within_what_graphite_understands() -> None:
    t = float(now())
    assert list(pieces(t - 60, t, t)) == [(t - 60, t)]
    assert list(pieces(t, t - 60, t)) == []
    (first, *_, last) = pieces(float("-inf"), float("inf"), t)
    assert first[0] == 1_000_000_000 and last[1] == t + DAY


def test_where_coarse_slots_meet_fine_ones_no_time_counts_twice(web: Web) -> None:
    t = now()
    cut = t - DAY + 900
    coarse = [cut - 3000, cut - 600]  # the last one reaches over the cut
    fine = [cut + step for step in range(0, 4800, 600)]

    def answer(asked: dict[str, list[str]]) -> Any:
        old = int(asked["from"][0]) < cut - 10
        return [series("p.demo.one.x", *((s, 1.0) for s in (coarse if old else fine)))]

    web.answer = answer
    found = [sample.t for sample in web.history.figures(["x"], t - 2 * DAY, cut + 5000)["x"]]
    assert found == [*coarse, *(s for s in fine if s >= cut - 600 + 2400)]
    assert len(web.asked) == 2


def test_a_figure_that_two_patterns_match_counts_once(web: Web) -> None:
    t = now() - 60
    web.answer = [series("p.demo.one.x", (t, 1)), series("p.demo.one.x", (t, 1))]
    assert web.history.figures(["x", "*"], t, t) == {"x": [Sample(t, 1)]}


def test_many_patterns_are_asked_for_in_batches(web: Web) -> None:
    t = now() - 60
    web.history.figures([f"x{index}" for index in range(BATCH + 1)], t, t)
    assert [len(asked["target"]) for asked in web.asked] == [BATCH, 1]


def test_nothing_is_asked_where_nothing_is_wanted(web: Web) -> None:
    assert web.history.figures([], 0, 2e9) == {} and not web.asked


def test_runs_are_the_slots_of_their_outcomes_the_worst_first(web: Web) -> None:
    t = now() - 600
    web.answer = [
        series("p.demo.one.run.passed", (t, 1), (t + 60, 0), (t + 120, 0.75), (t + 180, 0)),
        series("p.demo.one.run.failed", (t, 0), (t + 60, 0), (t + 120, 0.25), (t + 180, None)),
        series("p.demo.one.run.error", (t, 0), (t + 60, 1), (t + 120, 0), (t + 180, 0)),
    ]
    assert web.history.runs(t, t + 300) == [
        PastRun(t, Outcome.PASSED), PastRun(t + 60, Outcome.ERROR), PastRun(t + 120, Outcome.FAILED),
    ]  # fmt: skip


def test_without_a_region_the_only_one_is_meant_and_several_are_refused(web: Web) -> None:
    history, t = GraphiteHistory(web.client, "p.demo.*"), now() - 60
    web.answer = [series("p.demo.one.x", (t, 1))]
    assert history.figures(["x"], t, t) == {"x": [Sample(t, 1)]}
    web.answer.append(series("p.demo.two.x", (t, 1)))
    with pytest.raises(HistoryUnavailable, match=r"name one of p\.demo\.one, p\.demo\.two"):
        history.figures(["x"], t, t)


def test_infinite_values_are_none(web: Web) -> None:
    t = now() - 60
    web.answer = f'[{{"target": "p.demo.one.x", "datapoints": [[1e9999, {t}], [NaN, {t + 1}], [2, {t + 2}]]}}]'.encode()
    assert web.history.figures(["x"], t, t + 2) == {"x": [Sample(t + 2, 2)]}


@pytest.mark.parametrize(
    "answer",
    [b"<html>", b"", b"{}", b"5", b"null", b"[5]", b'[{"target": "x"}]', b'[{"target":"x","datapoints":[[1]]}]'],
)
def test_an_answer_that_is_none_of_graphite_is_told(web: Web, answer: bytes) -> None:
    web.answer = answer
    with pytest.raises(HistoryUnavailable, match=r"/render answers in an unknown form; check the address"):
        web.history.figures(["x"], 0, 2e9)


def test_an_error_of_graphite_web_is_told_and_no_sign_that_it_is_away(web: Web) -> None:
    web.status = 503
    with pytest.raises(RenderFailed, match=r"Graphite cannot be asked: http.*/render: HTTP 503") as caught:
        web.client.render(["x"], 0)
    assert not caught.value.unreachable


def test_a_graphite_web_that_is_away_is_told() -> None:
    with pytest.raises(RenderFailed, match="refused") as caught:
        RenderClient("http://127.0.0.1:9", 5).render(["x"], 0)
    assert caught.value.unreachable


def test_a_graphite_web_that_says_nothing_is_left_after_the_time_out(web: Web) -> None:
    def late(_: object) -> Any:
        time.sleep(3)
        return []

    web.answer = late
    began = time.monotonic()
    with pytest.raises(RenderFailed, match=r"no (whole )?answer"):
        RenderClient(web.client.url, 0.1).render(["x"], 0)
    assert time.monotonic() - began < 2.5


def test_an_address_that_is_none_is_refused_without_showing_it() -> None:
    with pytest.raises(UsageError, match="the address of graphite-web is malformed") as caught:
        RenderClient("https://user:geheim@graphite.example.org", 1)
    assert "geheim" not in str(caught.value)
