"""The scenario ``volume_transfer`` hands a volume over, its key is seen by nobody, and every broken promise is seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.seasons import Season, Weather
from tests.integration.scenarios.volume_season import SEASON

NAME = "volume_transfer"
STEPS = [
    "Create the volume",
    "Offer the volume",
    "Find the volume awaiting its transfer",
    "Delete the offered volume in vain",
    "Withdraw the offer",
    "Wait until the volume is available again",
    "Offer the volume again",
    "Accept the offer with another key in vain",
    "Accept the offer",
    "See the offer gone",
    "Delete the volume",
]


def test_everything_passes_on_a_cloud_that_works(calm: Callable[[Season], Probed]) -> None:
    steps = calm(SEASON).scenario(NAME).steps
    assert [step.name for step in steps] == STEPS
    assert {step.outcome for step in steps} == {Outcome.PASSED}


def test_the_key_of_a_transfer_is_nowhere(probe: Callable[..., Probed]) -> None:
    key = "0123456789abcdef"
    sent = {"service": "cinder", "method": "POST", "path": "transfers?$", "set": {"transfer.auth_key": key}}
    run = probe(NAME, rules=[sent])
    assert run.bad_steps(NAME) == [("Accept the offer", None)], "cinder knows another key"
    places = [run.output.parent / "state", run.output]
    for file in (file for place in places for file in place.rglob("*") if file.is_file()):
        assert key.encode() not in file.read_bytes(), file
    assert key not in run.said


@pytest.mark.parametrize("what", SEASON.faults_of(NAME))
def test_a_fault_is_seen_at_its_step_and_nothing_is_left(what: str, weather: Weather) -> None:
    weather(SEASON, NAME, what)
