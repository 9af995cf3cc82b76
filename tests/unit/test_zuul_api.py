"""The client of Zuul's API: what it reads, and what it makes of a Zuul that does not answer as one."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from stackprobe.errors import UsageError
from stackprobe.zuul import Zuul, ZuulUnusable, parse_place

from tests.support.zuul_api import ZuulApi

T = 1_790_000_000.0


@pytest.fixture
def api() -> Iterator[ZuulApi]:
    one = ZuulApi()
    yield one
    one.close()


@pytest.mark.parametrize(
    ("url", "page", "base"),
    [
        ("https://z.example/t/acme", "https://z.example/t/acme", "https://z.example/api/tenant/acme"),
        ("https://z.example/t/acme/", "https://z.example/t/acme", "https://z.example/api/tenant/acme"),
        ("https://z.example/t/acme/status", "https://z.example/t/acme", "https://z.example/api/tenant/acme"),
        ("https://z.example/zuul/t/a%20b", "https://z.example/zuul/t/a%20b", "https://z.example/zuul/api/tenant/a%20b"),
        ("https://z.example/api/tenant/acme", "https://z.example/t/acme", "https://z.example/api/tenant/acme"),
        ("https://zuul.acme.org", "https://zuul.acme.org", "https://zuul.acme.org/api"),
        ("https://zuul.acme.org/", "https://zuul.acme.org", "https://zuul.acme.org/api"),
        ("https://zuul.acme.org/builds", "https://zuul.acme.org", "https://zuul.acme.org/api"),
        ("http://[::1]:9000/zuul", "http://[::1]:9000/zuul", "http://[::1]:9000/zuul/api"),
    ],
)
def test_the_api_is_found_from_the_address_of_the_pages(url: str, page: str, base: str) -> None:
    place = parse_place(url)
    assert (place.page, place.api) == (page, base)
    assert place.build_page("u/1") == f"{page}/build/u%2F1"


@pytest.mark.parametrize(
    "url", ["", "zuul.acme.org", "ftp://z", "https:///", "https://a b", "http://[", "https://u:p@z", "http://z:0x"]
)
def test_what_is_no_address_is_said_without_showing_it(url: str) -> None:
    with pytest.raises(UsageError, match="malformed") as caught:
        parse_place(url)
    assert not url or url not in str(caught.value)


@pytest.mark.parametrize("white_label", [False, True])
def test_a_build_in_progress_says_when_its_trigger_fired(api: ZuulApi, white_label: bool) -> None:
    document = api.add(result=None, event_t=T, start_t=T + 7)
    build = Zuul(parse_place(api.root if white_label else api.url)).build(document["uuid"])
    assert (build.event_t, build.start_t, build.end_t, build.result) == (T, T + 7, None, None)
    assert build.running and not build.judged


def test_times_are_utc_whatever_the_zone_of_the_runner(api: ZuulApi, monkeypatch: pytest.MonkeyPatch) -> None:
    document = api.add(event_t=T)
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        assert Zuul(parse_place(api.url)).build(document["uuid"]).event_t == T
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_build_that_was_tried_again_is_neither_judged_nor_running(api: ZuulApi) -> None:
    document = api.add(result=None, event_t=T, end_t=T + 9)
    build = Zuul(parse_place(api.url)).build(document["uuid"])
    assert not build.running and not build.judged


def test_builds_come_newest_first_of_this_job_and_pipeline_only(api: ZuulApi) -> None:
    for index in range(5):
        api.add(event_t=T + index)
    api.add("another")
    api.add(pipeline="check")
    zuul = Zuul(parse_place(api.url))
    assert [build.event_t for build in zuul.builds("probe-demo", pipeline="periodic", limit=3)] == [T + 4, T + 3, T + 2]
    assert [build.event_t for build in zuul.builds("probe-demo", pipeline="periodic", limit=3, skip=3)] == [T + 1, T]
    assert zuul.builds("probe-demo", project="other/project") == []
    api.add(result=None)
    assert [build.running for build in zuul.builds("probe-demo", complete=False)] == [True]


def test_artifacts_carry_their_type(api: ZuulApi) -> None:
    artifacts = [{"name": "R", "url": "https://logs/r", "metadata": {"type": "stackprobe_report"}}]
    api.add(artifacts=[*artifacts, {"name": "plain", "url": "x"}])
    (build,) = Zuul(parse_place(api.url)).builds("probe-demo")
    assert [(one.name, one.url, one.type) for one in build.artifacts] == [
        ("R", "https://logs/r", "stackprobe_report"),
        ("plain", "x", ""),
    ]


def test_whether_a_job_exists(api: ZuulApi) -> None:
    api.jobs |= {"probe demo+1"}
    zuul = Zuul(parse_place(api.url))
    assert zuul.has_job("probe demo+1") and not zuul.has_job("probe")


def test_why_queued_jobs_wait(api: ZuulApi) -> None:
    api.queue("probe-demo", "semaphores: cloud-demo")
    api.queue("probe-demo", "executor", pipeline="check")
    api.queue("other", "repo state")
    zuul = Zuul(parse_place(api.url))
    assert zuul.waiting("probe-demo", "periodic") == ["semaphores: cloud-demo"]
    assert sorted(zuul.waiting("probe-demo")) == ["executor", "semaphores: cloud-demo"]


@pytest.mark.parametrize(
    "body", [b"", b"<html>login</html>", b"null", b"{}", b'"x"', b"[1]", b'[{"uuid": "u"}]', b"[" * 100_000, b"[{}]"]
)
def test_what_is_not_zuuls_answer_is_said_to_be_none(api: ZuulApi, body: bytes) -> None:
    api.answers["/api"] = (200, body)
    zuul = Zuul(parse_place(api.url))
    for ask in (lambda: zuul.builds("x"), lambda: zuul.build("x"), lambda: zuul.waiting("x")):
        with pytest.raises(ZuulUnusable, match="not one of Zuul's API"):
            ask()


def test_times_that_are_none_are_nonsense(api: ZuulApi) -> None:
    api.add()["start_time"] = "soon"
    with pytest.raises(ZuulUnusable):
        Zuul(parse_place(api.url)).builds("probe-demo")


def test_a_zuul_that_is_away_refuses_or_is_slow(api: ZuulApi) -> None:
    api.answers["/api/tenant/acme/builds"] = (503, b"")
    with pytest.raises(ZuulUnusable, match="HTTP 503") as caught:
        Zuul(parse_place(api.url)).builds("x")
    assert caught.value.status == 503
    with pytest.raises(ZuulUnusable, match="refused"):
        Zuul(parse_place("http://127.0.0.1:9/t/x")).builds("x")
    api.delay_s = 2.0
    began = time.monotonic()
    with pytest.raises(ZuulUnusable, match=r"within|in time"):
        Zuul(parse_place(api.url), timeout_s=0.2).builds("x")
    assert time.monotonic() - began < 1.9
