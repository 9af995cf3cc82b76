"""What the scenarios about ways of packets tell beside their verdicts."""

from __future__ import annotations

from collections.abc import Callable

from stackprobe.results import Outcome

from tests.guests.scenarios.conftest import Calm
from tests.guests.scenarios.probing import GuestsRun
from tests.guests.scenarios.weather.east_west import TOGETHER, lost


def test_every_kind_of_way_between_guests_is_measured(calm: Calm) -> None:
    run = calm("east_west")
    kinds = {"all", "same_network", "same_router", "other_router", "same_zone", "other_zone"}
    assert lost(run) == dict.fromkeys(kinds, 0)
    sent = {one.zone: one.figures["sent"] for one in run.steps("east_west", TOGETHER)}
    assert sent["all"] == sent["same_network"] + sent["same_router"] + sent["other_router"] == 120
    assert run.figures("east_west", TOGETHER, "other_router")["rtt_p95_ms"] > 0


def test_it_is_told_how_soon_security_groups_take_effect(calm: Calm) -> None:
    scenario = "security_group_effect"
    run = calm(scenario)
    for step in ("Wait until the way is open", "Wait until the way is closed"):
        for way in ("anywhere", "network", "member", "ipv6", "egress_tcp", "icmp", "egress_icmp"):
            assert run.figures(scenario, step, way)["since_ms"] > 0, way
        for way in ("udp", "egress_udp"):
            assert run.figures(scenario, step, way)["effect_ms"] >= 0, way


def test_an_api_that_guests_cannot_reach_is_no_target(probed: Callable[..., GuestsRun]) -> None:
    run = probed(["guest_outbound"], options={"guest_outbound": {"targets": [], "api": "catalog"}})
    step = run.step("guest_outbound", "Find what is watched")
    assert (step.outcome, run.outcome("guest_outbound")) == (Outcome.SKIPPED, Outcome.PASSED), run.said
    assert "127.0.0.1, is one that only its own host reaches" in (step.message or "")
    assert not run.steps("guest_outbound", "Create the server")
