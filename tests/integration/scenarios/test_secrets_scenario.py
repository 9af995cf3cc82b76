"""The scenario ``secrets`` passes on a key manager that works, and sees each way in which a secret is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.full_season import ANOTHER, SEASON
from tests.integration.scenarios.seasons import Weather

Probe = Callable[..., Probed]
STEPS = [
    "Store a secret",
    "Read its record",
    "Find it in the listing",
    "Retrieve the secret",
    "Replace it in vain",
    "Retrieve the secret again",
    "Delete the secret",
    "Retrieve the deleted secret in vain",
]


def test_everything_passes_on_a_key_manager_that_works(full_probe: Probe) -> None:
    run = full_probe("secrets")
    assert (run.exit_code, run.outcomes()["secrets"]) == (0, Outcome.PASSED), run.said
    assert [step.name for step in run.scenario("secrets").steps] == STEPS


@pytest.mark.parametrize("what", SEASON.faults_of("secrets"))
def test_a_fault_is_seen_where_it_is(what: str, full_weather: Weather) -> None:
    full_weather(SEASON, "secrets", what)


def test_what_came_in_place_of_the_secret_is_not_written_either(full_weather: Weather) -> None:
    run = full_weather(SEASON, "secrets", "a secret that comes back as another")
    assert ANOTHER not in (run.output / "journal.jsonl").read_text()
    (check,) = [one for one in run.step("secrets", "Retrieve the secret").checks if one.outcome is Outcome.FAILED]
    assert set(check.actual) == {"status", "headers", "json", "size", "md5", "sha256", "sha512"}
