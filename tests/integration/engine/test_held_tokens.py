"""Runs that hold a token and no credentials: what they cannot do is skipped, and the token's end is not the cloud's."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pocketcloud.cloud import Cloud

from tests.integration.engine.driver import Probe
from tests.integration.tokens import expiring
from tests.support.clouds import connect

Probing = Callable[..., Probe]
Faults = Callable[[list[dict[str, Any]]], None]
LIFE_S = 12.0
NETWORKS_401 = {"service": "neutron", "method": "GET", "path": "/networks", "status": 401}


@pytest.fixture
def holding(cloud: Cloud, reconfigure: Callable[..., Path], probing: Probing) -> Callable[..., Probe]:
    """Call it for a run that holds a token which a login issued.

    ``life_s``: what is left of its life (s); ``login``: false for a token that the operator put there.
    """

    def hold(life_s: float | None = None, login: bool = True, method: str = "password", **changes: Any) -> Probe:
        token = connect(cloud.clouds_yaml, "demo").authorize()  # its own, which has its whole life before it
        if life_s is not None:
            token = expiring(cloud, token, time.time() + life_s)
        auth = {**dict.fromkeys(("username", "password", "user_domain_name")), "token": token}
        marker = {"stackprobe": {"login": True, "token_of": method}} if login else {}
        reconfigure(auth_type="v3token", auth=auth, **marker)
        return probing(**changes)

    return hold


@pytest.mark.parametrize("login", [True, False], ids=["of a login", "of the operator"])
def test_a_token_that_expires_during_the_run_is_our_error(holding: Callable[..., Probe], login: bool) -> None:
    probe = holding(LIFE_S, login).prepare()
    assert probe.call("network.networks")["outcome"] == "passed"
    (note,) = [one["message"] for one in probe.records("note") if "expires" in one["message"]]
    assert "before the run's deadline" in note
    lease = probe.session.judge.lease
    assert lease is not None and lease.remaining_s() <= LIFE_S
    time.sleep(lease.remaining_s() + 1.1)
    for method in ("network.networks", "image.images", "compute.servers"):
        answer = probe.call(method)
        assert (answer["outcome"], answer["status"]) == ("error", 401 if login else 404), answer
        assert "the run's token has expired" in answer["message"] and "deadline_s" in answer["remedy"]
    assert probe.close() == 2
    assert probe.one("end")["outcome"] == "error"


def test_a_401_within_the_tokens_life_is_still_the_clouds_fault(holding: Callable[..., Probe], faults: Faults) -> None:
    probe = holding().prepare()
    assert not [one for one in probe.records("note") if "expires" in one["message"]], "it lives longer than the run"
    faults([NETWORKS_401])
    assert (probe.call("network.networks")["outcome"]) == "failed"


def test_a_401_is_the_clouds_fault_where_a_new_token_can_be_got(probe: Probe, faults: Faults) -> None:
    assert probe.session.judge.lease is None
    faults([NETWORKS_401])
    assert probe.call("network.networks")["outcome"] == "failed"


def test_a_token_that_had_expired_before_is_our_error_with_a_remedy(holding: Callable[..., Probe]) -> None:
    probe = holding(-1)
    verdict = probe.prepare().verdict
    assert verdict is not None and verdict.outcome == "error"
    assert "have not expired" in str(verdict.remedy)
    assert probe.close() == 2


def test_the_runners_wrong_clock_does_not_end_a_token(
    holding: Callable[..., Probe], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    probe = holding()
    monkeypatch.setattr("time.time", lambda: real() + 86400)
    lease = probe.prepare().session.judge.lease
    assert lease is not None and not lease.over and 3000 < lease.remaining_s() <= 3601


def test_an_hour_of_life_is_enough_for_an_hours_run_that_starts_a_moment_later(holding: Callable[..., Probe]) -> None:
    assert not holding(3500, deadline_s=3600).prepare().records("note")
    (note,) = holding(3300, deadline_s=3600).prepare().records("note")
    assert "before the run's deadline" in note["message"] and note["level"] == "warning"


@pytest.mark.parametrize("method", ["password", "application_credential"])
def test_what_needs_the_password_is_skipped_saying_so(holding: Callable[..., Probe], method: str) -> None:
    probe = holding(method=method).prepare()
    answer = probe.step("token", "Issue", action="issue")
    assert answer["outcome"] == "skipped" and "needs the password" in answer["message"]
    answer = probe.step("token", "Exchange", action="exchange", token="second", **{"with": "own"})
    assert answer["outcome"] == ("passed" if method == "password" else "skipped")
    assert method == "password" or "cannot be exchanged" in answer["message"]
    assert probe.step("token", "Validate", action="validate", token="own")["outcome"] == "passed"
    assert probe.step("token", "Revoke", action="revoke", token="own")["outcome"] == "error"
    assert probe.call("network.networks")["outcome"] == "passed"


def test_an_exchanged_tokens_revocation_leaves_the_runs_own(holding: Callable[..., Probe]) -> None:
    probe = holding().prepare()
    for action in ("exchange", "revoke"):
        answer = probe.step(
            "token", action, action=action, token="second", **({"with": "own"} if action == "exchange" else {})
        )
        assert answer["outcome"] == "passed", answer
    assert probe.step("token", "In vain", action="catalog", token="second", refused=[401])["outcome"] == "passed"
    assert probe.step("token", "Validate", action="validate", token="own")["outcome"] == "passed"
    assert probe.call("image.images")["outcome"] == "passed"
