"""``availability_zones``, ``server_groups`` and ``server_batch``: many servers, and where they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from openstack.connection import Connection
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.absent import without
from tests.integration.scenarios.seasons import Fault, Season, Weather

Probe = Callable[..., Probed]
NAMES = ("availability_zones", "server_groups", "server_batch")
THREE = {"server_batch": {"servers": 3}}
SERVER = {"service": "nova", "method": "GET", "path": "/servers/[0-9a-f-]{36}$"}
ZONES = ["az1", "az2"]

EVERYWHERE = {
    "the hypervisor fails in one zone": Fault(
        [{"driver": "spawn", "name": "availability_zones-server-az2", "error": "the hypervisor is on fire"}],
        "Wait until the server is active",
        200,
        "status ERROR",
        zone="az2",
    ),
    "the volume is in another zone": Fault(
        [
            {
                "service": "cinder",
                "method": "GET",
                "path": "/volumes/[0-9a-f-]{36}$",
                "set": {"volume.availability_zone": "az9"},
            }
        ],
        "Wait until the volume is available",
        200,
        "availability_zone is 'az1', but it is 'az9'",
        zone="az1",
        options={"zones": ["az1"]},
    ),
    "one zone makes no volumes": Fault(
        [{"service": "cinder", "method": "POST", "path": "/volumes$", "sent": "volume-az2", "status": 503}],
        "Create the volume",
        503,
        "503",
        zone="az2",
    ),
    "no zone is available": Fault(
        [
            {
                "service": "nova",
                "method": "GET",
                "path": "/os-availability-zone",
                "set": {"availabilityZoneInfo.*.zoneState.available": False},
            }
        ],
        "List the availability zones",
        200,
        "contains",
    ),
    "the server is in another zone": Fault(
        [{**SERVER, "set": {"server.OS-EXT-AZ:availability_zone": "az9"}}],
        "Wait until the server is active",
        200,
        "availability_zone is 'az1', but it is 'az9'",
        zone="az1",
        options={"zones": ["az1"], "volume": False},
    ),
}
APART = {
    "two members are on one host": Fault(
        [{**SERVER, "set": {"server.hostId": "5" * 56}}],
        "Check that each member is on a host of its own",
        None,
        "hosts is 2, but it is 1",
    ),
    "a member is refused for another reason": Fault(
        [{"driver": "spawn", "name": "server_groups-server-2", "error": "the hypervisor is on fire"}],
        "Check that members were refused for want of a host alone",
        None,
        "errors is []",
    ),
    "the group does not know its members": Fault(
        [{"service": "nova", "method": "GET", "path": "/os-server-groups/", "set": {"server_group.members": []}}],
        "Find the members in the group",
        200,
        "contains",
    ),
    "there are fewer hosts than there must be": Fault(
        [],
        "Check that each member is on a host of its own",
        None,
        "hosts is at least 3, but it is 2",
        options={"members": 3, "min_hosts": 3},
    ),
    "no group is made": Fault(
        [{"service": "nova", "method": "POST", "path": "/os-server-groups$", "status": 500}],
        "Create the server group",
        500,
        "500",
    ),
}
BATCH = {
    "one server fails": Fault(
        [{"driver": "spawn", "name": "server_batch-server-2", "error": "the hypervisor is on fire"}],
        "Create the server",
        200,
        "status ERROR",
        zone="server2",
    ),
    "one is made, but the answer does not come": Fault(
        [{"service": "nova", "method": "POST", "path": "/servers$", "sent": "batch-server-1", "drop": "after"}],
        "Create the server",
        None,
        "",
        zone="server1",
    ),
    "the list lacks a server": Fault(
        [{"service": "nova", "method": "GET", "path": "/servers/detail\\?.*batch", "remove": ["servers.0"]}],
        "List the servers",
        200,
        "# is 3, but it is 2",
    ),
    "they are not spread over so many hosts": Fault(
        [], "Check the spread over hosts", None, "is at least 3, but it is", options={"min_hosts": 3}
    ),
    "the quota is used up": Fault(
        [
            {
                "service": "nova",
                "method": "POST",
                "path": "/servers$",
                "sent": "batch-server-3",
                "status": 403,
                "body": {"forbidden": {"code": 403, "message": "Quota exceeded for instances: Requested 1"}},
            }
        ],
        "Create the server",
        403,
        "no quota left",
        Outcome.ERROR,
        zone="server3",
    ),
}
SEASON = Season(
    {"availability_zones": EVERYWHERE, "server_groups": APART, "server_batch": BATCH},
    {**THREE, "server_groups": {"members": 2}},
)


def test_everything_passes_on_a_cloud_that_works(probe: Probe) -> None:
    run = probe(*NAMES, options=THREE)
    assert (run.exit_code, set(run.outcomes().values())) == (0, {Outcome.PASSED}), run.said
    for name in ("Wait until the server is active", "Wait until the volume is available", "Delete the server"):
        assert [run.step("availability_zones", name, zone).zone for zone in ZONES] == ZONES
    first, second = (run.step("availability_zones", "Wait until the server is active", zone) for zone in ZONES)
    assert second.start_t < first.start_t + first.duration_ms / 1000, "zones boot side by side"

    for whole, part in (("Create all servers", "Create the server"), ("Delete all servers", "Delete the server")):
        step = run.step("server_batch", whole)
        parts = [run.step("server_batch", part, f"server{number}") for number in (1, 2, 3)]
        ends = [one.start_t + one.duration_ms / 1000 for one in parts]
        assert step.start_t + step.duration_ms / 1000 == pytest.approx(max(ends), abs=1.0)
        assert step.duration_ms + 5 >= max(one.duration_ms for one in parts)

    assert [step.name for step in run.scenario("server_groups").steps][4:] == [
        "Create the server group",
        *(f"Create the member [member{number}]" for number in (1, 2, 3)),
        "Check that members were refused for want of a host alone",
        "Check that each member is on a host of its own",
        "Find the members in the group",
        *(step.name for step in run.scenario("server_groups").steps if step.name.startswith("Delete the member")),
        "Find the group empty",
        "Delete the server group",
        "Delete the subnet",
        "Delete the network",
    ]


@pytest.mark.thorough
def test_without_block_storage_zones_have_no_volumes(probe: Probe, demo: Connection) -> None:
    options = {"availability_zones": {"zones": ["az2"]}}
    run = probe("availability_zones", options=options, rules=without(demo, "block-storage"))
    assert run.exit_code == 0, run.said
    step = run.step("availability_zones", "List the availability zones of volumes")
    assert (step.outcome, step.message) == (Outcome.SKIPPED, "the cloud has no block storage")


def test_without_their_services_they_are_skipped(probe: Probe, demo: Connection) -> None:
    run = probe(*NAMES, "identity", rules=without(demo, "compute"))
    assert {name: run.outcomes()[name] for name in NAMES} == dict.fromkeys(NAMES, Outcome.SKIPPED)
    assert run.exit_code == 0, run.said


@pytest.mark.parametrize(("scenario", "what"), SEASON.faults)
def test_a_fault_is_seen_at_its_step_and_nothing_is_left(scenario: str, what: str, weather: Weather) -> None:
    weather(SEASON, scenario, what)
