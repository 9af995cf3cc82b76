"""The scenario ``quota`` passes while there is room, and sees what runs out and what is not told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.seasons import Fault, Season, Weather

STEP = "Read the quotas"
NETWORK, COMPUTE, STORAGE = "/quotas/.*/details", "/limits$", "/limits$"
QUOTA = {
    "no router is left": Fault(
        [{"service": "neutron", "path": NETWORK, "set": {"quota.router.used": 10}}],
        STEP,
        200,
        "too little is left: routers: 0 of 10 left, at least 1 wanted",
        zone="network",
    ),
    "few gigabytes and volumes are left": Fault(
        [
            {
                "service": "cinder",
                "path": STORAGE,
                "set": {"limits.absolute.totalGigabytesUsed": 950, "limits.absolute.totalVolumesUsed": 6},
            }
        ],
        STEP,
        200,
        "volumes: 4 of 10 left, at least 5 wanted; gigabytes: 50 of 1000 left, at least 100 wanted",
        zone="block-storage",
        options={"thresholds": {"volumes": {"absolute": 5}}},
    ),
    "the limits of servers are answered with 500": Fault(
        [{"service": "nova", "path": COMPUTE, "status": 500}], STEP, 500, zone="compute"
    ),
    "a limit is no number": Fault(
        [{"service": "nova", "path": COMPUTE, "set": {"limits.absolute.maxTotalCores": "many"}}],
        STEP,
        200,
        "the cloud says of cores that 0 of 'many' are used",
        zone="compute",
    ),
    "the quotas of the network are missing in the answer": Fault(
        [{"service": "neutron", "path": NETWORK, "remove": ["quota"]}],
        STEP,
        200,
        "the answer holds no `quota`",
        zone="network",
    ),
    "the limits of volumes do not come": Fault(
        [{"service": "cinder", "path": STORAGE, "hang": "before"}],
        STEP,
        None,
        "deadline",
        zone="block-storage",
        options={"deadline": 5},
    ),
}
SEASON = Season({"quota": QUOTA})


@pytest.mark.parametrize(("scenario", "what"), SEASON.faults)
def test_a_fault_is_seen_and_the_other_services_are_still_asked(scenario: str, what: str, weather: Weather) -> None:
    run = weather(SEASON, scenario, what)
    zones = {step.zone for step in run.scenario("quota").steps}
    assert zones == {"compute", "network", "block-storage"}


def test_everything_has_room_in_fair_weather_and_each_limit_is_a_check(probe: Callable[..., Probed]) -> None:
    run = probe("quota")
    assert run.exit_code == 0, run.said
    checks = {check.name.split()[0] for step in run.scenario("quota").steps for check in step.checks}
    assert {"servers", "cores", "ram_mb", "keypairs", "server_groups"} < checks
    assert {"networks", "subnets", "routers", "ports", "floating_ips", "security_groups"} < checks
    assert {"volumes", "gigabytes", "snapshots", "backups", "backup_gigabytes"} < checks


def test_the_options_say_how_much_must_be_left_of_what(probe: Callable[..., Probed]) -> None:
    options = {
        "services": ["network", "block-storage", "dns"],
        "absolute": 11,
        "thresholds": {"routers": {"percent": 100}, "snapshots": {}},
        "leave_out": ["security_groups", "volumes"],
    }
    run = probe("quota", options={"quota": options})
    assert run.exit_code == 1, run.said
    assert run.bad_steps("quota") == [("Read the quotas", "block-storage")]
    message = run.step("quota", STEP, "block-storage").message or ""
    assert message == "too little is left: backups: 10 of 10 left, at least 11 wanted"
    assert run.step("quota", STEP, "network").outcome is Outcome.PASSED


def test_a_service_that_does_not_tell_its_quotas_is_skipped(probe: Callable[..., Probed]) -> None:
    run = probe("quota", rules=[{"service": "neutron", "path": NETWORK, "status": 404}])
    assert run.exit_code == 0, run.said
    assert run.step("quota", STEP, "network").outcome is Outcome.SKIPPED
