"""Whose fault it is: every row of the table of outcomes, from the exceptions of the libraries."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests
from keystoneauth1 import exceptions as keystone
from openstack import exceptions as sdk
from stackprobe.engine.activity import Activity, Call
from stackprobe.engine.classify import (
    DeadlinePassed,
    Judge,
    StepError,
    StepFailure,
    StepSkipped,
    Verdict,
    describe,
    has_name,
    status_of,
)


def refusal(status: int, message: str = "no") -> sdk.HttpException:
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps({"error": {"message": message}}).encode()
    response.headers["Content-Type"] = "application/json"
    response.url = "http://cloud/v2.0/networks"
    with pytest.raises(sdk.HttpException) as caught:
        sdk.raise_from_response(response)
    return caught.value


def activity(*calls: Call, left_s: float = 60.0, **more: Any) -> Activity:
    return Activity(time.monotonic() + left_s, "one", "Step", 1, calls=list(calls), **more)


def call(status: int | None = 200, **more: Any) -> Call:
    return Call("network", "GET", "/v2.0/networks", "networks", 0.0, status=status, **more)


def judged(error: BaseException, *calls: Call, logged_in: bool = True, control: bool | None = None) -> Verdict:
    judge = Judge(lambda: control)
    judge.authenticated = logged_in
    return judge.judge(error, activity(*calls))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, "error"),
        (401, "failed"),
        (403, "error"),
        (404, "failed"),
        (405, "error"),
        (407, "error"),
        (409, "failed"),
        (413, "failed"),
        (422, "error"),
        (429, "failed"),
        (500, "failed"),
        (502, "failed"),
        (503, "failed"),
    ],
)
def test_each_status_has_its_outcome_and_is_kept(status: int, outcome: str) -> None:
    verdict = judged(refusal(status))
    assert (verdict.outcome, verdict.status) == (outcome, status)
    assert outcome == "failed" or verdict.remedy


@pytest.mark.parametrize("status", [401, 404])
def test_before_the_first_login_a_refusal_is_about_clouds_yaml(status: int) -> None:
    verdict = judged(refusal(status), logged_in=False)
    assert verdict.outcome == "error" and "clouds.yaml" in str(verdict.remedy)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, "Quota exceeded for instances: Requested 1, but already used 10 of 10 instances"),
        (409, "Quota exceeded for resources: ['network']."),
        (413, "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded"),
        (413, "OverLimit Retry..."),
    ],
)
def test_a_quota_is_told_from_policy_and_conflict(status: int, message: str) -> None:
    verdict = judged(refusal(status, message))
    assert verdict.outcome == "error" and "quota" in str(verdict.remedy)


def test_a_text_about_names_is_no_quota() -> None:
    assert judged(refusal(409, "A network with this name exists")).outcome == "failed"


@pytest.mark.parametrize(
    "error",
    [
        keystone.ConnectFailure("refused"),
        keystone.ConnectTimeout("slow"),
        keystone.UnknownConnectionError("x", None),
        ConnectionResetError("reset"),
        TimeoutError("timed out"),
    ],
)
@pytest.mark.parametrize(("control", "outcome"), [(True, "failed"), (None, "failed"), (False, "error")])
def test_no_answer_is_the_clouds_fault_unless_the_runner_is_offline(
    error: BaseException, control: bool | None, outcome: str
) -> None:
    assert judged(error, call(None, error="reset"), control=control).outcome == outcome


@pytest.mark.parametrize(("by_name", "outcome"), [(False, "error"), (True, "failed")])
def test_a_name_that_does_not_resolve(by_name: bool, outcome: str) -> None:
    error = keystone.ConnectFailure("NameResolutionError: Failed to resolve 'cloud'")
    assert Judge(lambda: True, by_name=by_name).judge(error, activity()).outcome == outcome


def test_a_broken_proxy_is_ours() -> None:
    verdict = judged(keystone.ConnectFailure("ProxyError: Cannot connect to proxy."), control=True)
    assert verdict.outcome == "error" and "proxy" in str(verdict.remedy)


@pytest.mark.parametrize(
    ("message", "logged_in", "outcome"),
    [
        ("certificate verify failed: self-signed certificate in certificate chain", False, "error"),
        ("certificate verify failed: unable to get local issuer certificate", False, "error"),
        ("certificate verify failed: certificate has expired", False, "failed"),
        ("certificate verify failed: Hostname mismatch", True, "failed"),
    ],
)
def test_certificates(message: str, logged_in: bool, outcome: str) -> None:
    assert judged(keystone.SSLError(message), logged_in=logged_in).outcome == outcome


def test_openstacksdk_does_not_hide_what_keystone_said() -> None:
    try:
        try:
            raise keystone.Unauthorized("The request you have made requires authentication.")
        except keystone.ClientException as inner:
            raise sdk.SDKException(inner.message)  # noqa: B904 - as openstacksdk does it
    except sdk.SDKException as error:
        verdict = judged(error, logged_in=False)
    assert (verdict.outcome, verdict.status) == ("error", 401)


def test_a_deadline_during_a_request_is_the_clouds_fault() -> None:
    step = activity(call(None, error="closed"), left_s=-1)
    assert Judge().judge(TimeoutError(), step).outcome == "failed"
    assert Judge(lambda: False).judge(TimeoutError(), step).outcome == "error"


def test_a_deadline_during_a_question_tells_the_last_answer() -> None:
    step = activity(call(None, error="closed"), left_s=-1, seen="status BUILD")
    message = Judge().judge(TimeoutError(), step).message
    assert message.startswith("deadline passed during GET ") and message.endswith("; last seen: status BUILD")


def test_a_deadline_before_anything_was_sent_is_ours() -> None:
    assert Judge().judge(TimeoutError(), activity(left_s=-1)).outcome == "error"


@pytest.mark.parametrize("error", [TimeoutError(), DeadlinePassed("deadline passed; last seen: BUILD")])
def test_the_deadline_of_the_run_is_ours(error: BaseException) -> None:
    verdict = Judge().judge(error, activity(call(), left_s=-1, cut_by_run=True))
    assert verdict.outcome == "error" and "deadline_s" in str(verdict.remedy)


@pytest.mark.parametrize("error", [StepFailure("it went into ERROR"), refusal(500)])
def test_what_the_cloud_said_before_the_run_was_over_still_counts(error: BaseException) -> None:
    assert Judge().judge(error, activity(call(), left_s=-1, cut_by_run=True)).outcome == "failed"


def test_an_interruption_is_ours() -> None:
    verdict = Judge().judge(keystone.ConnectFailure("x"), activity(call(None, error="x"), aborted="SIGTERM"))
    assert verdict.outcome == "error" and "SIGTERM" in verdict.message


def test_steps_say_themselves_what_they_are() -> None:
    assert judged(StepError("lacks `call`")) == Verdict("error", "lacks `call`")
    assert judged(StepSkipped("no such service")) == Verdict("skipped", "no such service")
    assert judged(StepFailure("wrong", 418), call(200)).status == 418
    assert judged(StepFailure("wrong"), call(200)).status == 200


def test_a_bug_of_ours_is_ours_even_after_good_answers() -> None:
    verdict = judged(ZeroDivisionError("division by zero"), call())
    assert verdict.outcome == "error" and "ZeroDivisionError" in verdict.message


def test_an_answer_that_breaks_the_sdk_is_the_clouds_fault() -> None:
    with pytest.raises(ValueError) as caught:
        json.loads("{")
    assert judged(caught.value, call()).outcome == "failed"
    assert judged(caught.value).outcome == "error", "nothing was answered: it was not the cloud's"


@pytest.mark.parametrize("error", [sdk.InvalidRequest("Request requires an ID"), sdk.InvalidResourceQuery("x")])
def test_what_the_sdk_refuses_to_send_is_ours(error: BaseException) -> None:
    assert judged(error, call()).outcome == "error"


def test_statuses_are_found_where_the_libraries_keep_them() -> None:
    assert status_of(refusal(404)) == 404
    assert status_of(keystone.Unauthorized("x")) == 401
    assert status_of(keystone.ConnectFailure("x")) is None
    assert status_of(ValueError()) is None


def test_a_description_is_one_line_of_bounded_length() -> None:
    text = describe(ValueError("a\nb " + "c" * 5000))
    assert text.startswith("a b c") and len(text) <= 500
    assert describe(ValueError()) == "ValueError"


@pytest.mark.parametrize(
    ("target", "named"),
    [
        (None, False),
        ("192.0.2.1:443", False),
        ("[2001:db8::1]:443", False),
        ("https://example.org/x", True),
        ("example.org:80", True),
        ("https://192.0.2.1/", False),
    ],
)
def test_whether_the_control_target_has_a_name(target: str | None, named: bool) -> None:
    assert has_name(target) is named
