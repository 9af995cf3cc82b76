"""GitHub's limits and failures: waited out where that helps, told with a remedy where it does not, never doubled."""

from __future__ import annotations

import pytest
from stackprobe.alarm.calls import GithubUnavailable
from stackprobe.errors import UsageError

from tests.support.github_api import (
    BROKEN,
    CONFLICT,
    DISABLED,
    FORBIDDEN,
    MISSING,
    Answer,
    GithubApi,
    too_fast,
    used_up,
)  # fmt: skip
from tests.unit.alarm.conftest import Runs
from tests.unit.state.worlds import NOW_T, state

LIST, CREATE, EDIT, COMMENT = r"^GET .*/issues\?", r"^POST .*/issues$", r"^PATCH ", r"^POST .*/comments$"


def test_all_pages_are_read(run: Runs, api: GithubApi) -> None:
    run("ppff")
    for _ in range(250):
        api.add(body="somebody else's")
    api.most_on_a_page = 10
    assert run("ppff") == []
    assert sum("page=" in one for one in api.requests if "state=open" in one) >= 25
    assert len([one for one in api.issues.values() if one["body"] != "somebody else's"]) == 1


@pytest.mark.parametrize(
    ("answer", "wait_s"),
    [
        (used_up(NOW_T + 40), 41),
        (used_up(NOW_T - 5), 1),
        (too_fast("7"), 7),
        (too_fast("7", 429), 7),
        (too_fast(None), 60),
        (BROKEN, 1),
        (None, 1),
    ],
)
def test_limits_and_failures_are_waited_out(run: Runs, api: GithubApi, answer: Answer | None, wait_s: float) -> None:
    api.fail(LIST, answer)
    run("ppff")
    assert run.waits == [wait_s]
    assert len(api.open()) == 1


@pytest.mark.parametrize("answer", [used_up(NOW_T + 40), too_fast("7"), too_fast("7", 429)])
def test_a_limit_on_creating_is_waited_out_since_nothing_was_created(run: Runs, api: GithubApi, answer: Answer) -> None:
    api.fail(CREATE, answer)
    run("ppff")
    assert len(api.issues) == 1


@pytest.mark.parametrize("answer", [BROKEN, None])
@pytest.mark.parametrize("took_effect", [True, False])
def test_where_it_is_open_whether_an_issue_was_created_it_is_looked_for(
    run: Runs, api: GithubApi, answer: Answer | None, took_effect: bool
) -> None:
    api.fail(CREATE, answer, took_effect=took_effect)
    run("ppff")
    assert len(api.issues) == 1
    assert run("ppff") == []


@pytest.mark.parametrize("took_effect", [True, False])
def test_nor_is_a_comment_made_twice(run: Runs, api: GithubApi, took_effect: bool) -> None:
    run("ppff")
    api.fail(COMMENT, BROKEN, took_effect=took_effect)
    assert run("pppp", last_t=NOW_T - 10) == ["close #1: compute is up again"]
    assert len(api.said(1)) == 1
    assert api.open() == []


def test_a_run_that_ended_between_comment_and_edit_is_finished_by_the_next(run: Runs, api: GithubApi) -> None:
    run("ppff")
    api.fail(EDIT, *[BROKEN] * 5)
    with pytest.raises(GithubUnavailable, match="cannot close an issue: GitHub answered 502, 5 times"):
        run("pppp", last_t=NOW_T - 10)
    assert len(api.said(1)) == 1
    run("pppp", last_t=NOW_T - 10)
    assert len(api.said(1)) == 1
    assert api.open() == []


def test_a_conflict_is_tried_again(run: Runs, api: GithubApi) -> None:
    run("ppff")
    api.fail(EDIT, CONFLICT, CONFLICT)
    run("pppp", last_t=NOW_T - 10)
    assert api.open() == []


def test_patience_ends(run: Runs, api: GithubApi) -> None:
    api.fail(LIST, used_up(NOW_T + 3000))
    with pytest.raises(
        GithubUnavailable, match=r"rate limit is used up, and it would take 3001 s; the next run does it"
    ):
        run("ppff")
    assert run.waits == []
    api.fail(LIST, *[too_fast("50")] * 3)
    with pytest.raises(GithubUnavailable):
        run("ppff")
    assert run.waits == [50, 50]


def test_a_github_that_fails_on_and_on_is_given_up(run: Runs, api: GithubApi) -> None:
    api.fail(LIST, *[BROKEN] * 5)
    with pytest.raises(GithubUnavailable, match="cannot list the issues: GitHub answered 502, 5 times"):
        run("ppff")
    assert run.waits == [1, 2, 4, 8]


@pytest.mark.parametrize(
    ("request_", "answer", "remedy"),
    [
        (LIST, MISSING, "check the name of the repository, and give the job `permissions: {issues: write"),
        (CREATE, FORBIDDEN, "give the job `permissions: {issues: write, contents: read}`"),
        (CREATE, DISABLED, "switch issues on in the settings of the repository"),
        (LIST, (401, {"message": "Bad credentials"}, {}), "give a valid token in the environment as GITHUB_TOKEN"),
        (CREATE, (422, {"message": "Validation Failed"}, {}), "see the message of GitHub"),
    ],
)
def test_a_refusal_is_told_with_what_to_do(
    run: Runs, api: GithubApi, request_: str, answer: Answer, remedy: str
) -> None:
    api.fail(request_, answer)
    with pytest.raises(UsageError) as caught:
        run("ppff")
    assert remedy in caught.value.remedy
    assert str(answer[1]["message"]) in caught.value.message
    assert run.waits == []


def test_an_issue_without_its_label_would_never_be_found_again(run: Runs, api: GithubApi) -> None:
    api.drops_labels = True
    run("ppff")
    assert [label["name"] for label in api.issues[1]["labels"]] == ["stackprobe-alarm"]
    api.fail(r"/labels$", FORBIDDEN)
    with pytest.raises(UsageError, match="does not let it label the issue #2"):
        run.of(state({"volume": "ppff"}))
    assert [one["number"] for one in api.open()] == [1]


def test_a_second_is_left_between_writes(run: Runs) -> None:
    run.of(state({"compute": "ppff", "volume": "ppff"}))
    assert run.waits == [1]
