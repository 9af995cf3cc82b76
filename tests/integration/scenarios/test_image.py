"""The scenario `image`, in fair weather and with the faults that it must see."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.common_season import SEASON
from tests.integration.scenarios.seasons import Weather


def test_every_step_passes_in_fair_weather(fair_weather: Probed) -> None:
    steps = fair_weather.scenario("image").steps
    assert {step.outcome for step in steps} == {Outcome.PASSED}
    assert "Download the deactivated image in vain" in {step.name for step in steps}


@pytest.mark.parametrize("what", SEASON.faults_of("image"))
def test_a_fault_is_seen_where_it_is(what: str, weather: Weather) -> None:
    weather(SEASON, "image", what)


def test_a_policy_that_refuses_to_deactivate_is_no_failure(probe: Callable[..., Probed]) -> None:
    refusal = {"service": "glance", "method": "POST", "path": "/actions/deactivate$", "status": 403}
    run = probe("image", rules=[refusal])
    assert run.exit_code == 0
    names = [step.name for step in run.scenario("image").steps]
    assert "Deactivate the image" in names
    assert "Reactivate the image" not in names
    assert "Download the image again" in names


@pytest.mark.thorough
def test_an_administrator_is_not_told_that_deactivated_images_leak(probe: Callable[..., Probed]) -> None:
    run = probe("image", cloud="admin")
    assert run.exit_code == 0
    assert run.step("image", "Download the deactivated image in vain").outcome is Outcome.SKIPPED
    assert run.step("image", "Reactivate the image").outcome is Outcome.PASSED


def test_an_upload_whose_answer_is_lost_leaves_nothing(probe: Callable[..., Probed]) -> None:
    lost = {"service": "glance", "method": "POST", "path": "/v2/images$", "drop": "after"}
    run = probe("image", rules=[lost])
    assert run.exit_code == 1
    assert run.bad_steps("image") == [("Upload the image", None)]
    assert [step.outcome for step in run.scenario("image").steps if step.kind == "teardown"] == [Outcome.PASSED]
