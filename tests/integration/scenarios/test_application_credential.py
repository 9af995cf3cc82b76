"""The scenario `application_credential`, in fair weather and with the faults that it must see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.seasons import Fault, Season, Weather

NAME = "application_credential"
INVENTED = "00000000000000000000000000000000"
OF_USER = "/users/[0-9a-f]{32}"
ONE = {"id": INVENTED, "name": "x", "unrestricted": False, "project_id": INVENTED}


def keystone(method: str, path: str, **more: Any) -> list[dict[str, Any]]:
    return [{"service": "keystone", "method": method, "path": path, **more}]


FAULTS = {
    "a restricted one makes another": Fault(
        keystone("POST", "/application_credentials$", nth=2, status=201, body={NAME: ONE}),
        "Create a further one with it in vain",
        201,
        "but the cloud did it",
    ),
    "a restricted one deletes itself": Fault(
        keystone("DELETE", "/application_credentials/", nth=1, status=204),
        "Delete it with itself in vain",
        204,
        "but the cloud did it",
    ),
    "delete says 204 and does nothing": Fault(
        keystone("DELETE", "/application_credentials/", nth=2, status=204),
        "Delete the application credential",
        200,
        "deadline passed",
        options={"deadline": 4},
    ),
    "a secret is told again": Fault(
        keystone("GET", "/application_credentials/", nth=1, set={f"{NAME}.secret": "canary-secret"}),
        "Read it with itself",
        200,
        "secret is set",
    ),
    "a rule is not kept to": Fault(
        keystone("GET", f"{OF_USER}$", status=200, body={"user": {"id": INVENTED, "name": "x"}}),
        "Read the user against the rule in vain",
        200,
        "but the cloud did it",
    ),
}
SEASON = Season({NAME: FAULTS})


@pytest.fixture(autouse=True)
def no_rule_is_left(demo: Connection) -> Iterator[None]:
    """Nobody but the user can list them."""
    yield
    assert list(demo.identity.access_rules(demo.current_user_id)) == []


@pytest.mark.parametrize(("scenario", "what"), SEASON.faults)
def test_a_fault_is_seen(scenario: str, what: str, weather: Weather) -> None:
    run = weather(SEASON, scenario, what)
    assert "canary-secret" not in (run.output / "journal.jsonl").read_text()


def test_both_live_their_lives_in_fair_weather(probe: Callable[..., Probed]) -> None:
    run = probe(NAME)
    assert run.exit_code == 0, run.said
    assert [step.name for step in run.scenario(NAME).steps] == [
        "Ask who makes it",
        "Create an application credential",
        "Log in with it",
        "Log in with a wrong secret in vain",
        "Get the catalog with it",
        "Read it with itself",
        "Create a further one with it in vain",
        "Delete it with itself in vain",
        "Delete the application credential",
        "Log in with the deleted one in vain",
        "Create one that may only get the catalog",
        "Log in with the one with a rule",
        "Get the catalog as the rule allows",
        "Read the user against the rule in vain",
        "Delete the one with a rule",
        "Delete the rule",
    ]
    # the refusal is that of what was asked for, not that of asking about the token
    assert run.step(NAME, "Read the user against the rule in vain").calls[0].status == 200


@pytest.mark.thorough
def test_the_rule_can_be_left_out(probe: Callable[..., Probed]) -> None:
    run = probe(NAME, options={NAME: {"access_rule": False}})
    assert run.exit_code == 0, run.said
    assert {one.kind for one in run.scenario(NAME).resources} == {"application_credential"}


@pytest.mark.thorough
def test_a_restricted_one_in_clouds_yaml_makes_none(
    probe: Callable[..., Probed], changed: Callable[[dict[str, Any]], Path], demo: Connection
) -> None:
    made = demo.identity.create_application_credential(demo.current_user_id, name="of the probe itself")
    auth = {
        "auth_url": demo.config.config["auth"]["auth_url"],
        "application_credential_id": made.id,
        "application_credential_secret": made.secret,
    }
    try:
        run = probe(NAME, clouds_yaml=changed({"auth_type": "v3applicationcredential", "auth": auth}))
    finally:
        demo.identity.delete_application_credential(demo.current_user_id, made.id)
    assert run.exit_code == 0, run.said
    step = run.step(NAME, "Create an application credential")
    assert step.outcome is Outcome.SKIPPED and "makes no further ones" in (step.message or "")
