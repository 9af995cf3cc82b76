"""The scenario ``object_store`` passes on a store that works, and sees how one loses objects or gives them away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.full_season import SEASON
from tests.integration.scenarios.seasons import Weather

Probe = Callable[..., Probed]
LARGE = [
    "Upload the first segment",
    "Upload the second segment",
    "Join the segments to a large object",
    "Download the large object",
    "Download what lies across its segments",
    "Delete the large object with its segments",
    "Ask for a deleted segment in vain",
]
STEPS = [
    "Ask what the object store can do",
    "Create the container",
    "Upload an object",
    "Download the object",
    "Compare the checksums",
    "Download a part of it",
    "Ask for it only if it has changed",
    "Ask for another one in vain",
    "Upload a damaged object in vain",
    "Find the object in the listing",
    *LARGE,
    "Set the key of temporary URLs",
    "Download by a temporary URL",
    "Ask by a forged temporary URL in vain",
    "Delete the object",
    "Wait until the listing is empty",
    "Delete the container",
]


def test_everything_passes_and_no_signature_is_written(full_probe: Probe, tmp_path: Path) -> None:
    run = full_probe("object_store")
    assert (run.exit_code, run.outcomes()["object_store"]) == (0, Outcome.PASSED), run.said
    assert [step.name for step in run.scenario("object_store").steps] == STEPS
    written = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    assert "Download by a temporary URL" in written
    assert "temp_url_sig" not in written and "temp_url_expires" not in written


def test_what_the_store_says_that_it_cannot_is_left_out(full_probe: Probe) -> None:
    lacks = {"service": "swift", "path": "/info$", "remove": ["slo", "tempurl"]}
    run = full_probe("object_store", rules=[lacks], options={"object_store": {"bytes": 5000}})
    assert run.exit_code == 0, run.said
    steps = {step.name: step.outcome for step in run.scenario("object_store").steps}
    assert steps["Upload the first segment"] is steps["Set the key of temporary URLs"] is Outcome.SKIPPED
    assert not {*LARGE[1:], "Download by a temporary URL"} & set(steps)
    sizes = {
        check.actual
        for step in run.scenario("object_store").steps
        for check in step.checks
        if "0.content_length" in check.name
    }
    assert sizes == {5000}


@pytest.mark.parametrize("what", SEASON.faults_of("object_store"))
def test_a_fault_is_seen_where_it_is(what: str, full_weather: Weather) -> None:
    full_weather(SEASON, "object_store", what)
