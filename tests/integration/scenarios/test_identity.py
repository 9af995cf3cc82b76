"""The scenario `identity`, in fair weather and with the faults that it must see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection
from stackprobe.results import Outcome

from tests.integration.probing import Probed, run_probes
from tests.integration.scenarios.common_season import LIE_S, SEASON
from tests.integration.scenarios.seasons import Weather

ON_REQUEST = {"identity": {"wrong_password": True, "deadline": LIE_S}}


def test_every_step_passes_in_fair_weather(fair_weather: Probed) -> None:
    assert {step.outcome for step in fair_weather.scenario("identity").steps} == {Outcome.PASSED}


@pytest.mark.parametrize("what", SEASON.faults_of("identity"))
def test_a_fault_is_seen_where_it_is(what: str, weather: Weather) -> None:
    weather(SEASON, "identity", what)


def test_without_being_asked_it_makes_no_user(fair_weather: Probed) -> None:
    assert fair_weather.scenario("identity").resources == []


def test_on_request_a_wrong_password_is_tried_on_a_user_made_for_it(probe: Callable[..., Probed]) -> None:
    run = probe("identity", cloud="admin", options={"identity": {"wrong_password": True}})
    assert run.exit_code == 0, run.said
    assert run.step("identity", "Log in with a wrong password in vain").outcome is Outcome.PASSED
    assert [resource.kind for resource in run.scenario("identity").resources] == ["user"]


def test_a_wrong_password_that_is_accepted_is_seen(probe: Callable[..., Probed]) -> None:
    # 1 the run's own, 2 issued, 3 exchanged, 4 the right password, 5 the wrong one
    accepted = {
        "service": "keystone",
        "method": "POST",
        "path": "/auth/tokens$",
        "nth": 5,
        "status": 201,
        "headers": {"X-Subject-Token": "invented"},
        "body": {
            "token": {
                "methods": ["password"],
                "user": {"id": "someone", "name": "someone", "domain": {"id": "default", "name": "Default"}},
                "issued_at": "2026-01-01T00:00:00.000000Z",
                "expires_at": "2099-01-01T00:00:00.000000Z",
            }
        },
    }
    run = probe("identity", "image", cloud="admin", options=ON_REQUEST, rules=[accepted])
    assert run.exit_code == 1
    assert run.bad_steps("identity") == [("Log in with a wrong password in vain", None)]
    assert run.step("identity", "Log in with a wrong password in vain").outcome is Outcome.FAILED
    assert run.outcomes()["image"] is Outcome.PASSED


def test_a_user_whose_deletion_is_pretended_is_seen_and_removed(probe: Callable[..., Probed]) -> None:
    pretended = {"service": "keystone", "method": "DELETE", "path": "/users/", "times": 1, "status": 204}
    run = probe("identity", cloud="admin", options=ON_REQUEST, rules=[pretended])
    assert run.exit_code == 1
    assert run.bad_steps("identity") == [("Delete the user", None)]
    assert run.step("identity", "Delete the user").http_status == 200


def test_a_user_who_may_not_make_users_is_told_so(probe: Callable[..., Probed]) -> None:
    run = probe("identity", options=ON_REQUEST)
    assert run.exit_code == 2
    step = run.step("identity", "Create a user")
    assert (step.outcome, step.http_status) == (Outcome.ERROR, 403)
    assert step.remedy


@pytest.fixture
def application_credential(demo: Connection) -> Iterator[dict[str, str]]:
    """The `auth` of an application credential."""
    made = demo.identity.create_application_credential(demo.current_user_id, name="for-a-test")
    yield {
        "auth_url": demo.config.config["auth"]["auth_url"],
        "application_credential_id": made.id,
        "application_credential_secret": made.secret,
    }
    demo.identity.delete_application_credential(demo.current_user_id, made.id)


def test_an_application_credential_gets_tokens_that_are_not_exchanged(
    tmp_path: Path, changed: Callable[[dict[str, Any]], Path], application_credential: dict[str, str]
) -> None:
    entry = {"auth_type": "v3applicationcredential", "auth": application_credential}
    run = run_probes(changed(entry), tmp_path / "run", ["identity"])
    assert run.exit_code == 0, run.said
    outcomes = {step.name: step.outcome for step in run.scenario("identity").steps}
    assert outcomes.pop("Exchange the token for another one") is Outcome.SKIPPED
    assert set(outcomes.values()) == {Outcome.PASSED}


@pytest.mark.thorough
def test_where_clouds_yaml_holds_a_token_the_password_is_skipped_saying_so(
    tmp_path: Path, changed: Callable[[dict[str, Any]], Path], demo: Connection
) -> None:
    auth = demo.config.config["auth"]
    entry = {
        "auth_type": "v3token",
        "auth": {"auth_url": auth["auth_url"], "token": demo.auth_token, "project_id": demo.current_project_id},
    }
    run = run_probes(changed(entry), tmp_path / "run", ["identity"])
    assert run.exit_code == 0, run.said
    step = run.step("identity", "Get a token with the credentials")
    assert step.outcome is Outcome.SKIPPED
    assert "holds a token" in (step.message or "")
    assert run.step("identity", "Use the revoked token in vain").outcome is Outcome.PASSED
