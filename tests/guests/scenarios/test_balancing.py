"""What load_balancer_traffic finds of each variant on a cloud that works."""

from __future__ import annotations

from stackprobe.results import Outcome

from tests.guests.scenarios.conftest import Calm
from tests.guests.scenarios.probing import GuestsRun
from tests.guests.scenarios.weather.load_balancer_traffic import SCENARIO, SPREAD

DRAINED, BACK, OTHER = "Have the lost member left out", "Have it taken back", "Ask from another source"
OFFERED = {"http_round_robin", "tcp_least_connections", "tcp_source_ip", "proxy_round_robin"}


def zones(run: GuestsRun, step: str) -> set[str | None]:
    return {one.zone for one in run.steps(SCENARIO, step) if one.outcome is Outcome.PASSED}


def test_each_variant_that_the_provider_offers_is_tried_and_the_others_are_skipped(calm: Calm) -> None:
    run = calm(SCENARIO)
    assert zones(run, SPREAD) == zones(run, DRAINED) == OFFERED
    assert zones(run, BACK) == OFFERED - {"tcp_source_ip"} and zones(run, OTHER) == {"tcp_source_ip"}
    refused = run.step(SCENARIO, "Create the pool", "tcp_source_ip_port")
    assert refused.outcome is Outcome.SKIPPED
    assert "(HTTP 501): Provider 'amphora' does not support" in (refused.message or "")


def test_shares_are_as_the_algorithm_says(calm: Calm) -> None:
    run = calm(SCENARIO)

    def share(zone: str) -> float:
        return run.figures(SCENARIO, SPREAD, zone)["member1_percent"]

    assert 45 <= share("http_round_robin") <= 55 and 45 <= share("proxy_round_robin") <= 55
    assert 0 < share("tcp_least_connections") < 100 and share("tcp_source_ip") in (0, 100)


def test_errors_until_a_lost_member_is_left_out_are_counted(calm: Calm) -> None:
    run = calm(SCENARIO)
    for zone in sorted(OFFERED):
        assert run.figures(SCENARIO, DRAINED, zone)["errors"] >= 0
        assert run.metrics(SCENARIO)[f"have_the_lost_member_left_out.{zone}.duration_ms"] >= 0
