"""What is known of the build that a run is part of."""

from __future__ import annotations

import pytest
from stackprobe import ci


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


def test_gitlab() -> None:
    build = ci.current({"GITLAB_CI": "true", "CI_JOB_URL": "https://gitlab.example/1", "CI_JOB_NAME": "demo"})
    assert build.facts == {"system": "gitlab", "build_url": "https://gitlab.example/1", "job": "demo"}


def test_our_own_variables_win() -> None:
    build = ci.current({"GITLAB_CI": "true", "CI_JOB_URL": "https://a", "STACKPROBE_BUILD_URL": "https://b"})
    assert build.facts["build_url"] == "https://b"


@pytest.mark.parametrize(("text", "trigger_t"), [("1790000000.5", 1790000000.5), ("soon", None), ("", None)])
def test_when_the_run_should_have_started(text: str, trigger_t: float | None) -> None:
    assert ci.current({"STACKPROBE_TRIGGER_TIME": text}).trigger_t == trigger_t
