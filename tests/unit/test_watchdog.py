"""The watchdog over Zuul, and over what answers in Graphite's place: every way in which data can fail to come alarms.

The servers' clock is years away from this machine's, so that no age can come from the local one.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from stackprobe import cli
from stackprobe.errors import UsageError
from stackprobe.spans import parse_span, span
from stackprobe.watchdog.expected import Expectation, Patience, parse_job, parse_run

from tests.support.zuul_api import ZuulApi

NOW = 1_600_000_000.0
M = 60.0


@pytest.fixture
def api() -> Iterator[ZuulApi]:
    one = ZuulApi()
    one.clock = lambda: NOW
    yield one
    one.close()


def watch(api: ZuulApi, *options: str, job: str = "probe-demo@periodic=15m") -> int:
    return cli.main(["watchdog", "--zuul-url", api.url, "--job", job, *options])


def regular(api: ZuulApi, skip: tuple[int, ...] = (), last: int = 8, **changes: Any) -> None:
    """Eight builds, one every 15 minutes, the newest triggered 10 minutes ago."""
    for index in range(1, last + 1):
        if index not in skip:
            event_t = NOW - 10 * M - (8 - index) * 15 * M
            api.add(event_t=event_t, start_t=event_t + 5, end_t=event_t + 3 * M, **changes)


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_runs_that_arrive_are_quiet(api: ZuulApi, capsys: pytest.CaptureFixture[str]) -> None:
    regular(api)
    assert watch(api) == 0
    assert said(capsys) == ["ok      job probe-demo@periodic: newest judgement 7m ago, 8 in the last 2h"]


def test_a_failure_of_the_cloud_is_a_judgement(api: ZuulApi) -> None:
    regular(api, result="FAILURE")
    assert watch(api) == 0


def test_one_run_that_is_missing_is_borne(api: ZuulApi) -> None:
    regular(api, skip=(4,))
    assert watch(api) == 0
    assert watch(api, "--missed", "1") == 1


def test_runs_that_stopped_alarm(api: ZuulApi, capsys: pytest.CaptureFixture[str]) -> None:
    regular(api, last=5)
    assert watch(api) == 1
    (line,) = said(capsys)
    assert line.startswith(
        "ALARM   job probe-demo@periodic: no judgement since 2020-09-13 11:34:40 UTC, 52m ago; one is"
    )


@pytest.mark.parametrize(("age_m", "code"), [(37, 0), (38, 1)])
def test_it_alarms_two_and_a_half_intervals_after_the_last_judgement(api: ZuulApi, age_m: int, code: int) -> None:
    api.add(event_t=NOW - age_m * M - 60, start_t=NOW - age_m * M - 60, end_t=NOW - age_m * M)
    assert watch(api) == code


def test_a_build_that_waits_is_named_as_the_reason(api: ZuulApi, capsys: pytest.CaptureFixture[str]) -> None:
    regular(api, last=5)
    api.queue("probe-demo", "semaphores: cloud-demo")
    assert watch(api) == 1
    assert said(capsys)[0].endswith("; one waits (semaphores: cloud-demo)")


def test_a_job_that_never_ran_alarms(api: ZuulApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.jobs.add("probe-demo")
    assert watch(api) == 1
    assert "no data: no build of it has ever completed" in said(capsys)[0]


def test_builds_of_another_pipeline_are_no_data(api: ZuulApi) -> None:
    regular(api, pipeline="check")
    assert watch(api) == 1
    assert watch(api, job="probe-demo=15m") == 0


def test_a_gap_alarms_although_runs_have_come_back(api: ZuulApi, capsys: pytest.CaptureFixture[str]) -> None:
    regular(api, skip=(4, 5, 6))
    assert watch(api) == 1
    (line,) = said(capsys)
    assert "gap: no judgement from 2020-09-13 11:01:40 UTC until 2020-09-13 12:01:40 UTC: 3 runs are missing" in line


def test_a_gap_behind_a_long_build_names_it(api: ZuulApi, capsys: pytest.CaptureFixture[str]) -> None:
    regular(api, skip=(3, 4, 5, 6))
    event_t = NOW - 10 * M - 5 * 15 * M
    slow = api.add(event_t=event_t, end_t=event_t + 42 * M)
    assert watch(api) == 1
    lines = said(capsys)
    assert any(f"the one before took 42m and held them back: {api.url}/build/{slow['uuid']}" in line for line in lines)
    assert any(line.startswith("note    job probe-demo@periodic: overlong: 1 of 5 builds") for line in lines)


def test_a_gap_names_the_builds_in_it_that_judged_nothing(api: ZuulApi, capsys: pytest.CaptureFixture[str]) -> None:
    regular(api, skip=(4, 5))
    api.built.sort(key=lambda build: build["event_timestamp"])
    api.built.insert(3, api.add(result="LOST", event_t=NOW - 70 * M))
    del api.built[-1]
    assert watch(api) == 1
    assert (
        "2 runs are missing; one is expected every 15m; 1 build in it ended without a judgement (LOST)"
        in said(capsys)[0]
    )


def test_a_build_in_progress_for_longer_than_its_interval_alarms(
    api: ZuulApi, capsys: pytest.CaptureFixture[str]
) -> None:
    regular(api, last=7)
    build = api.add(result=None, event_t=NOW - 16 * M)
    assert watch(api) == 1
    (line,) = said(capsys)
    assert "overlong: a build is in progress for 16m, longer than its interval of 15m, and holds" in line
    assert line.endswith(f"{api.url}/build/{build['uuid']}")


def test_a_build_in_progress_within_its_interval_is_quiet(api: ZuulApi) -> None:
    regular(api)
    api.add(result=None, event_t=NOW - 14 * M)
    assert watch(api) == 0


def test_records_that_nobody_closed_and_builds_tried_again_hold_nothing_back(api: ZuulApi) -> None:
    api.add(result=None, event_t=NOW - 3 * 3600)  # a scheduler lost it
    api.add(result=None, event_t=NOW - 10 * M - 75 * M, end_t=NOW - 84 * M)  # tried again
    regular(api)
    assert watch(api) == 0


def test_builds_that_swallow_each_next_run_alarm(api: ZuulApi, capsys: pytest.CaptureFixture[str]) -> None:
    for index in range(5):
        event_t = NOW - 20 * M - index * 30 * M
        api.add(event_t=event_t, end_t=event_t + 18 * M)
    api.built.reverse()
    assert watch(api) == 1
    assert "overlong: 4 of 4 builds in the last 2h took longer than the interval of 15m" in said(capsys)[0]


@pytest.mark.parametrize(
    "result",
    ["POST_FAILURE", "RETRY_LIMIT", "LOST", "TIMED_OUT", "CANCELED", "NODE_FAILURE", "ERROR", "DISK_FULL", "ABORTED"],
)
def test_builds_without_a_judgement_alarm(api: ZuulApi, result: str, capsys: pytest.CaptureFixture[str]) -> None:
    regular(api, last=6)
    for minutes in (25, 10):
        build = api.add(result=result, event_t=NOW - minutes * M, end_t=NOW - minutes * M + 60)
    assert watch(api) == 1
    assert f"the last 2 builds ended without a judgement ({result}): {api.url}/build/{build['uuid']}" in said(capsys)[0]


def test_builds_that_never_judged_are_no_data(api: ZuulApi, capsys: pytest.CaptureFixture[str]) -> None:
    regular(api, result="RETRY_LIMIT")
    assert watch(api) == 1
    assert "no data: none of 8 completed builds has judged the cloud" in said(capsys)[0]


def test_a_job_that_does_not_exist_alarms(api: ZuulApi, capsys: pytest.CaptureFixture[str]) -> None:
    regular(api)
    assert watch(api, job="probe-demmo=15m") == 1
    assert said(capsys) == ["ALARM   job probe-demmo: the job does not exist in this tenant"]


def test_another_tenants_address_is_no_judgement(api: ZuulApi, capsys: pytest.CaptureFixture[str]) -> None:
    regular(api)
    code = cli.main(["watchdog", "--zuul-url", f"{api.root}/t/other", "--job", "probe-demo=15m"])
    assert code == 2 and "UNKNOWN job probe-demo: Zuul cannot be asked: " in said(capsys)[0]


@pytest.mark.parametrize("answer", [(500, b""), (404, b""), (200, b"<html>"), (200, b"{}"), (401, b"{}")])
def test_a_zuul_that_does_not_answer_as_one_is_no_judgement(api: ZuulApi, answer: tuple[int, bytes]) -> None:
    regular(api)
    api.answers["/api"] = answer
    assert watch(api) == 2


def test_a_zuul_that_does_not_say_its_time_is_no_judgement(api: ZuulApi, capsys: pytest.CaptureFixture[str]) -> None:
    regular(api)
    api.clock = None
    assert watch(api) == 2
    assert "no Date header" in said(capsys)[0]


def test_a_zuul_that_is_away_is_asked_once(api: ZuulApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.delay_s = 0.5
    assert watch(api, "--job", "another=5m", "--timeout", "0.1") == 2
    assert len(api.requests) == 1 and len(said(capsys)) == 2


def test_more_builds_than_one_page_are_read(api: ZuulApi) -> None:
    for index in range(250):
        event_t = NOW - 300 - (249 - index) * 60
        if not 60 <= index <= 70:
            api.add(event_t=event_t, start_t=event_t, end_t=event_t + 20)
    assert watch(api, "--window", "3h", job="probe-demo=1m") == 1
    assert watch(api, "--window", "2h", job="probe-demo=1m") == 1, "the newest is five minutes old"
    api.clock = lambda: NOW - 240
    assert watch(api, "--window", "2h", job="probe-demo=1m") == 0


class Web:
    """Answers in graphite-web's place."""

    def __init__(self) -> None:
        self.answer: Any = []
        self.status = 200
        self.date: str | None = formatdate(NOW, usegmt=True)
        self.asked: list[str] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                web.asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                body = web.answer if isinstance(web.answer, bytes) else json.dumps(web.answer).encode()
                self.send_response_only(web.status)
                if web.date:
                    self.send_header("Date", web.date)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def web() -> Iterator[Web]:
    one = Web()
    yield one
    one.server.shutdown()
    one.server.server_close()


def series(ages_m: list[float], region: str = "R", step: int = 10) -> dict[str, Any]:
    filled = {int(NOW - age * M) // step * step for age in ages_m}
    slots = range(int(NOW) // step * step - 3600, int(NOW), step)
    return {
        "target": f"stackprobe.demo.{region}.run.heartbeat",
        "datapoints": [[1.0 if t in filled else None, t] for t in slots],
    }


def watch_run(web: Web, *options: str, run: str = "demo/R=5m") -> int:
    return cli.main(["watchdog", "--graphite-url", web.url, "--run", run, *options])


@pytest.mark.parametrize(("age_m", "code"), [(17, 0), (18, 1)])
def test_a_run_that_does_not_come_alarms_three_and_a_half_intervals_after_the_last(
    web: Web, age_m: float, code: int
) -> None:
    web.answer = [series([age_m + 5 * index for index in range(6)])]
    assert watch_run(web) == code
    assert web.asked == ["target=stackprobe.demo.R.run.heartbeat&from=-3600s&until=now&format=json&noCache=true"]


def test_without_a_region_each_one_that_graphite_knows_is_watched(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    regular_m = [3.0 + 5 * index for index in range(6)]
    web.answer = [series(regular_m, "one"), series(regular_m[5:], "two")]
    assert watch_run(web, run="demo=5m") == 1
    assert "target=stackprobe.demo.*.run.heartbeat&" in web.asked[0]
    (line,) = said(capsys)
    assert line.startswith("ALARM   run demo: two: no run since")


def test_a_coarse_retention_is_allowed_for(web: Web) -> None:
    web.answer = [series([0, 10, 20, 30], step=600)]
    assert watch_run(web) == 0


def test_names_are_those_of_the_figures(web: Web) -> None:
    watch_run(web, "--prefix", "acme.probes", run="my cloud.eu/Région=5m")
    assert web.asked[0].startswith("target=acme.probes.my_cloud_eu.R_gion.run.heartbeat&")


@pytest.mark.parametrize(
    ("status", "answer"),
    [(500, b""), (400, b"no"), (200, b"<html>"), (200, {}), (200, [1]), (200, [{"target": "x"}]), (200, b"null")],
)
def test_a_graphite_that_does_not_answer_as_one_is_no_judgement(web: Web, status: int, answer: Any) -> None:
    web.status, web.answer = status, answer
    assert watch_run(web) == 2


def test_a_graphite_without_a_clock_or_away_is_no_judgement(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    web.answer, web.date = [series([1])], None
    assert watch_run(web) == 2
    assert cli.main(["watchdog", "--graphite-url", "http://127.0.0.1:9", "--run", "demo=5m", "--run", "b=5m"]) == 2
    assert sum("refused" in line for line in said(capsys)) == 2


def test_an_alarm_outweighs_what_cannot_be_judged(api: ZuulApi, web: Web) -> None:
    regular(api, last=3)
    web.status = 500
    options = ["--graphite-url", web.url, "--run", "demo=5m"]
    assert watch(api, *options) == 1
    regular(api)
    assert watch(api, *options) == 2


def test_the_reports_say_what_the_lines_say(api: ZuulApi, web: Web, tmp_path: Path) -> None:
    regular(api, skip=(4, 5, 6))
    api.jobs.add("other")
    for index in range(3):
        api.add("other", event_t=NOW - (60 - index) * M)
    web.status = 500
    options = ["--graphite-url", web.url, "--run", "demo=5m", "--job", "other=1h", "--job", "none=5m"]
    assert watch(api, *options, "--output", str(tmp_path / "new")) == 1
    found = json.loads((tmp_path / "new" / "watchdog.json").read_text())
    assert (found["version"], found["outcome"]) == (1, "failed")
    assert [one["outcome"] for one in found["watched"]] == ["error", "failed", "passed", "failed"]
    assert found["warnings"][0].startswith("job probe-demo@periodic: gap: ")
    assert found["warnings"][1] == "job none: the job does not exist in this tenant"
    assert found["warnings"][2].startswith("run demo: Graphite cannot be asked")
    root = ET.parse(tmp_path / "new" / "junit.xml").getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "2", "1")
    assert [case.get("name") for case in root.iter("testcase")] == [one["name"] for one in found["watched"]]


def test_many_alarms_are_bounded(api: ZuulApi, tmp_path: Path) -> None:
    api.jobs.add("x")
    options = [option for index in range(40) for option in ("--job", f"none{index}=5m")]
    assert watch(api, *options, "--output", str(tmp_path)) == 1
    warnings = json.loads((tmp_path / "watchdog.json").read_text())["warnings"]
    assert len(warnings) == 20 and warnings[-1] == "… and 22 more, see watchdog.json"


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--run", "demo=5m"],
        ["--job", "probe=5m"],
        ["--zuul-url", "http://z/t/a", "--job", "probe"],
        ["--zuul-url", "http://z/t/a", "--job", "=5m"],
        ["--zuul-url", "http://z/t/a", "--job", "probe@=5m"],
        ["--zuul-url", "http://z/t/a", "--job", "probe*=5m"],
        ["--zuul-url", "http://z/t/a", "--job", "probe=5"],
        ["--zuul-url", "http://z/t/a", "--job", "probe=0m"],
        ["--zuul-url", "http://z/t/a", "--job", "probe=soon"],
        ["--zuul-url", "http://z/t/a", "--job", "probe=5m", "--job", "probe=6m"],
        ["--zuul-url", "http://z/t/a", "--job", "probe=1h", "--window", "2h"],
        ["--zuul-url", "http://z/t/a", "--job", "probe=1h", "--missed", "0"],
        ["--zuul-url", "nowhere", "--job", "probe=1h"],
        ["--graphite-url", "nowhere", "--run", "demo=1h"],
    ],
)
def test_bad_options_are_one_line_and_two(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["watchdog", *options]) == 2
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()) == 1 and not captured.out


def test_what_is_watched_is_read_as_written() -> None:
    assert parse_run("demo/RegionOne=5m") == Expectation("demo", "RegionOne", 300)
    assert parse_run("demo=1h30m") == Expectation("demo", None, 5400)
    assert parse_job("a=b@periodic=90s") == Expectation("a=b", "periodic", 90)
    for text, seconds in (("45s", 45), ("5m", 300), ("1h30m", 5400), ("2d", 172800)):
        assert parse_span(text, "--x") == seconds and span(seconds) == text
    assert (span(0), span(3725), span(86460)) == ("0s", "1h2m", "1d")
    for text in ("", "5", "m", "5m ", "5m5", "-5m", "5.5m"):
        with pytest.raises(UsageError):
            parse_span(text, "--x")


def test_the_window_shows_a_gap_as_long_as_is_alarmed() -> None:
    day = Expectation("x", None, 86400)
    assert Patience().window(day) == 8 * 86400
    assert Patience(missed=9).window(day) == 11 * 86400
    assert Patience().window(Expectation("x", None, 60)) == 3600
