"""What is known of the build that a run is part of."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from stackprobe import ci
from stackprobe.github.schedule import last_due

from tests.support.zuul_api import TENANT, ZuulApi

T = 1_790_000_000.0


def test_without_ci_nothing_is_claimed() -> None:
    assert ci.current({}) == ci.Build({}, None)


def test_github() -> None:
    build = ci.current(
        {
            "GITHUB_ACTIONS": "true",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_RUN_ID": "7",
            "GITHUB_WORKFLOW": "probe",
            "GITHUB_JOB": "demo",
            "GITHUB_RUN_ATTEMPT": "2",
        }
    )
    assert build.facts == {
        "system": "github",
        "build_url": "https://github.example/o/r/actions/runs/7",
        "pipeline": "probe",
        "job": "demo",
        "attempt": "2",
    }


def test_github_tells_the_cron_expression_of_a_schedule_and_the_last_time_it_stands_for_is_due(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text('{"schedule": "*/5 * * * *"}')
    build = ci.current({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(event)})
    assert build.trigger_t is not None and build.trigger_t % 300 == 0 and 0 <= time.time() - build.trigger_t < 300.5


@pytest.mark.parametrize("event", ['{"inputs": {}}', '{"schedule": "soon"}', '{"schedule": 5}', "[]", "{", None])
def test_github_without_a_schedule_has_no_due_time(tmp_path: Path, event: str | None) -> None:
    file = tmp_path / "event.json"
    if event is not None:
        file.write_text(event)
    assert ci.current({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(file)}).trigger_t is None


def test_a_run_that_is_repeated_was_due_long_ago(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text('{"schedule": "*/5 * * * *"}')
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(event), "GITHUB_RUN_ATTEMPT": "2"}
    assert ci.current(environment).trigger_t is None


@pytest.mark.parametrize(
    ("source", "created", "trigger_t"),
    [
        ("schedule", "2026-09-21T14:13:20Z", T),
        ("push", "2026-09-21T14:13:20Z", None),
        ("schedule", "soon", None),
        ("schedule", "", None),
    ],
)
def test_gitlab_says_when_the_pipeline_of_a_schedule_was_made(source: str, created: str, trigger_t: Any) -> None:
    environment = {"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": source, "CI_PIPELINE_CREATED_AT": created}
    assert ci.current(environment).trigger_t == trigger_t


def test_a_stated_trigger_time_spares_the_event(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text('{"schedule": "*/5 * * * *"}')
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(event), "STACKPROBE_TRIGGER_TIME": str(T)}
    assert ci.current(environment).trigger_t == T


@pytest.mark.parametrize(
    ("expression", "now", "due"),
    [
        ("7,22,37,52 * * * *", "2026-11-24T20:30:00", "2026-11-24T20:22:00"),
        ("7,22,37,52 * * * *", "2026-11-24T20:22:00", "2026-11-24T20:22:00"),
        ("7,22,37,52 * * * *", "2026-11-24T20:21:59.9", "2026-11-24T20:07:00"),
        ("30 5 * * MON-FRI", "2026-11-22T12:00:00", "2026-11-20T05:30:00"),
        ("0 0 29 2 *", "2026-11-24T00:00:00", "2024-02-29T00:00:00"),
    ],
)
def test_the_last_due_time_of_a_cron_expression(expression: str, now: str, due: str) -> None:
    now_t, due_t = (datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() for text in (now, due))
    assert last_due(expression, now_t) == due_t


def test_gitlab() -> None:
    build = ci.current({"GITLAB_CI": "true", "CI_JOB_URL": "https://gitlab.example/1", "CI_JOB_NAME": "demo"})
    assert build.facts == {"system": "gitlab", "build_url": "https://gitlab.example/1", "job": "demo"}


def test_our_own_variables_win() -> None:
    build = ci.current({"GITLAB_CI": "true", "CI_JOB_URL": "https://a", "STACKPROBE_BUILD_URL": "https://b"})
    assert build.facts["build_url"] == "https://b"


@pytest.mark.parametrize(
    ("text", "trigger_t"), [("1790000000.5", 1790000000.5), ("soon", None), ("", None), ("nan", None), ("inf", None)]
)
def test_when_the_run_should_have_started(text: str, trigger_t: float | None) -> None:
    assert ci.current({"STACKPROBE_TRIGGER_TIME": text}).trigger_t == trigger_t


@pytest.fixture
def zuul() -> Iterator[ZuulApi]:
    one = ZuulApi()
    yield one
    one.close()


def in_zuul(url: str, uuid: str = "u1", **more: str) -> dict[str, str]:
    return {
        "STACKPROBE_CI": "zuul",
        "STACKPROBE_ZUUL_URL": url,
        "STACKPROBE_TENANT": TENANT,
        "STACKPROBE_PIPELINE": "periodic",
        "STACKPROBE_JOB": "probe-demo",
        "STACKPROBE_BUILD": uuid,
        "STACKPROBE_ATTEMPT": "1",
        **more,
    }


@pytest.mark.parametrize("white_label", [False, True])
def test_zuul_says_when_the_trigger_of_a_build_in_progress_fired(zuul: ZuulApi, white_label: bool) -> None:
    uuid = zuul.add(result=None, event_t=T)["uuid"]
    url = zuul.root if white_label else zuul.url
    assert ci.current(in_zuul(url, uuid)) == ci.Build(
        {
            "system": "zuul",
            "build_url": f"{url}/build/{uuid}",
            "tenant": TENANT,
            "pipeline": "periodic",
            "job": "probe-demo",
            "build": uuid,
            "attempt": "1",
        },
        T,
    )
    assert len(zuul.requests) == 1


def test_a_trigger_time_that_is_stated_is_not_asked_for(zuul: ZuulApi) -> None:
    build = ci.current(in_zuul(zuul.url, STACKPROBE_TRIGGER_TIME="17.5", STACKPROBE_BUILD_URL="https://b"))
    assert (build.trigger_t, build.facts["build_url"], zuul.requests) == (17.5, "https://b", [])


def test_without_zuuls_address_the_rest_is_known() -> None:
    build = ci.current(in_zuul(""))
    assert build.trigger_t is None and "build_url" not in build.facts and build.facts["build"] == "u1"


@pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1:9/t/x", "http://[", "file:///etc/passwd"])
def test_a_zuul_that_cannot_be_asked_stops_nothing(url: str) -> None:
    assert ci.current(in_zuul(url)).trigger_t is None


@pytest.mark.parametrize("answer", [(404, b"{}"), (500, b""), (200, b"<html>"), (200, b"[]"), (200, b"{}")])
def test_a_zuul_that_answers_nonsense_stops_nothing(zuul: ZuulApi, answer: tuple[int, bytes]) -> None:
    zuul.answers["/api"] = answer
    build = ci.current(in_zuul(zuul.url))
    assert build.trigger_t is None and build.facts["build_url"] == f"{zuul.url}/build/u1"


def test_a_zuul_that_is_silent_costs_its_patience(zuul: ZuulApi, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ci.PATIENCE_S == 5.0
    monkeypatch.setattr(ci, "PATIENCE_S", 0.2)
    zuul.delay_s, began = 2.0, time.monotonic()
    assert ci.current(in_zuul(zuul.url)).trigger_t is None
    assert time.monotonic() - began < 1.9
