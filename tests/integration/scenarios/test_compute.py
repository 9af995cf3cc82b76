"""The scenario ``compute`` passes on a cloud that works, and sees each way in which servers break their word."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.seasons import Weather
from tests.integration.scenarios.servers_season import SEASON
from tests.support.thorough import daily

Probe = Callable[..., Probed]
ZONES = ["az1", "az2"]


def test_everything_passes_on_a_cloud_that_works(probe: Probe) -> None:
    run = probe("compute", "volume")
    assert (run.exit_code, set(run.outcomes().values())) == (0, {Outcome.PASSED}), run.said
    steps = run.scenario("compute").steps
    assert {step.outcome for step in steps} == {Outcome.PASSED}
    for name in ("Create the server", "Wait until the server is active", "Delete the server"):
        assert [run.step("compute", name, zone).zone for zone in ZONES] == ZONES
    first, second = (run.step("compute", "Wait until the server is active", zone) for zone in ZONES)
    assert second.start_t < first.start_t + first.duration_ms / 1000, "zones boot side by side"


def test_what_the_options_leave_out_is_skipped_and_says_so(probe: Probe) -> None:
    left_out = {"console": False, "volume": False, "snapshot": False, "resize": False}
    run = probe("compute", options={"compute": {**left_out, "zones": ["az2"]}})
    assert run.exit_code == 0, run.said
    skipped = [step for step in run.scenario("compute").steps if step.outcome is Outcome.SKIPPED]
    assert {step.name for step in skipped} == {
        "List the availability zones of volumes",
        "Create the volume",
        "Read the console log",
        "Attach the volume",
        "Detach the volume",
        "Create an image of the server",
        "Wait until the server is free again",
        "Resize the server",
        "Confirm the resize",
    }
    assert all("leaves it out" in (step.message or "") for step in skipped)
    assert {step.zone for step in run.scenario("compute").steps} == {None, "az2"}


@pytest.mark.thorough
def test_a_server_that_is_still_busy_with_its_image_is_waited_for(probe: Probe) -> None:
    late = [{"driver": "server_snapshot_end", "delay": 3}]
    run = probe("compute", rules=late, options={"compute": {"volume": False, "zones": ["az1"]}})
    assert run.exit_code == 0, run.said
    assert run.step("compute", "Wait until the server is free again").duration_ms > 1000
    assert run.step("compute", "Resize the server").outcome is Outcome.PASSED


@pytest.mark.thorough
def test_without_a_larger_flavor_there_is_no_resize(probe: Probe) -> None:
    run = probe("compute", options={"compute": {"flavor": "m1.small", "volume": False, "snapshot": False}})
    assert run.exit_code == 0, run.said
    resize = run.step("compute", "Resize the server")
    assert (resize.outcome, resize.message) == (Outcome.SKIPPED, "there is no larger flavor")


@pytest.mark.parametrize("option", daily(["image", "flavor"], [0]))
def test_what_cannot_be_found_is_an_error_that_names_the_option(option: str, probe: Probe) -> None:
    run = probe("compute", options={"compute": {option: "no-such-thing"}})
    assert (run.exit_code, run.scenario("compute").outcome) == (2, Outcome.ERROR), run.said
    problem = " ".join(one.message for one in run.scenario("compute").problems)
    assert "no-such-thing" in problem
    assert f"option `{option}`" in problem


@pytest.mark.parametrize("what", SEASON.faults_of("compute"))
def test_a_fault_is_seen_at_its_step_and_nothing_is_left(what: str, weather: Weather) -> None:
    weather(SEASON, "compute", what)
