"""``server_lifecycle``, ``boot_from_volume`` and ``multi_nic``: what one server goes through."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from openstack.connection import Connection
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.absent import without
from tests.integration.scenarios.seasons import INVENTED, Fault, Season, Weather

Probe = Callable[..., Probed]
NAMES = ("server_lifecycle", "boot_from_volume", "multi_nic")
ACTION = {"service": "nova", "method": "POST", "path": "/action$"}
VOLUME = {"service": "cinder", "method": "GET", "path": "/volumes/[^/]+$"}
LATER = {"rebuild": False, "lock": False, "pause": False, "suspend": False}
"""Options that leave out what comes before rescue and shelve."""

LIFE = {
    "the pause fails": Fault(
        [{"driver": "pause", "name": "server_lifecycle", "error": "it does not hold"}],
        "Pause the server",
        200,
        "went into status ACTIVE",
    ),
    "a locked server is stopped all the same": Fault(
        [{**ACTION, "sent": "os-stop", "status": 202}], "Stop the locked server in vain", 202, "but the cloud did it"
    ),
    "a rebuild says 202 and does nothing": Fault(
        [{**ACTION, "sent": "rebuild", "status": 202, "body": {"server": {"id": INVENTED}}}],
        "Rebuild the server",
        200,
        "metadata.rebuilt is 'yes', but it is None",
    ),
    "the rescue fails": Fault(
        [{"driver": "rescue", "name": "server_lifecycle", "error": "the rescue image is on fire"}],
        "Rescue the server",
        200,
        "status ERROR",
        options=LATER,
    ),
    "the shelved server's image fails and is left": Fault(
        [{"driver": "shelve", "name": "server_lifecycle", "error": "no room"}],
        "Shelve the server",
        200,
        "went into status ACTIVE",
        options={**LATER, "rescue": False},
    ),
    "the shelved server does not come back": Fault(
        [{"driver": "unshelve", "name": "server_lifecycle", "error": "no room"}],
        "Unshelve the server",
        200,
        "status SHELVED_OFFLOADED",
        options={**LATER, "rescue": False},
    ),
    "suspend says 202 and does nothing": Fault(
        [{**ACTION, "sent": "suspend", "status": 202}],
        "Suspend the server",
        200,
        "went into status ACTIVE",
        options={**LATER, "suspend": True},
    ),
}
DISK = {
    "the storage fails": Fault(
        [{"driver": "volume_create", "name": "boot_from_volume", "error": "the disk is on fire"}],
        "Create the volume",
        200,
        "status error",
    ),
    "the server has no root disk": Fault(
        [
            {
                "service": "nova",
                "method": "GET",
                "path": "/servers/[^/]+$",
                "set": {"server.os-extended-volumes:volumes_attached": []},
            }
        ],
        "Create a server that keeps the volume",
        200,
        "attached_volumes.0.id is",
    ),
    "the volume stays when it was to go": Fault(
        [{"service": "cinder", "method": "DELETE", "path": "/volumes/", "interface": "internal", "status": 202}],
        "Wait until the volume is gone",
        200,
        "last seen: status available",
        options={"delete_deadline": 20},
    ),
    "the hypervisor fails at the second server": Fault(
        [{"driver": "spawn", "name": "boot_from_volume-taker", "error": "the hypervisor is on fire"}],
        "Create a server that takes the volume along",
        200,
        "status ERROR",
    ),
    "the volume is not bootable": Fault(
        [{**VOLUME, "set": {"volume.bootable": "false"}}], "Create the volume", 200, "is_bootable is True"
    ),
}
PLUGS = {
    "the port cannot be plugged": Fault(
        [{"driver": "plug", "name": "multi_nic", "error": "no slot"}], "Plug the port", 500, "500"
    ),
    "the port cannot be unplugged": Fault(
        [{"driver": "unplug", "name": "multi_nic", "error": "it is stuck"}],
        "Unplug the port",
        200,
        "deadline passed",
        options={"plug_deadline": 20},
    ),
    "a port of the server is down": Fault(
        [{"service": "neutron", "method": "GET", "path": "/ports\\?.*device_id", "set": {"ports.0.status": "DOWN"}}],
        "Find a port in each network",
        200,
        "contains",
    ),
    "no port is made": Fault(
        [{"service": "neutron", "method": "POST", "path": "/ports$", "sent": "multi_nic", "status": 503}],
        "Create a port",
        503,
        "503",
    ),
    "an interface is plugged into another network": Fault(
        [
            {
                "service": "nova",
                "method": "POST",
                "path": "/os-interface$",
                "sent": "net_id",
                "set": {"interfaceAttachment.net_id": INVENTED},
            }
        ],
        "Plug an interface",
        200,
        "net_id is",
    ),
}
SEASON = Season({"server_lifecycle": LIFE, "boot_from_volume": DISK, "multi_nic": PLUGS})


def test_everything_passes_on_a_cloud_that_works(probe: Probe) -> None:
    run = probe(*NAMES)
    assert (run.exit_code, set(run.outcomes().values())) == (0, {Outcome.PASSED}), run.said
    steps = {name: [step.name for step in run.scenario(name).steps] for name in NAMES}
    assert steps["server_lifecycle"] == [
        "List the images",
        "List the flavors",
        "Create the network",
        "Create the subnet",
        "Create the server",
        "Rebuild the server",
        "Lock the server",
        "Stop the locked server in vain",
        "Find the locked server as it was",
        "Unlock the server",
        "Pause the server",
        "Unpause the server",
        "Suspend the server",
        "Resume the server",
        "Rescue the server",
        "Unrescue the server",
        "Shelve the server",
        "Unshelve the server",
        "Wait until the shelved image is gone",
        "Find the actions in the server's history",
        "Find the server with the addresses that it had",
        "Delete the server",
        "Delete the subnet",
        "Delete the network",
    ]
    assert steps["boot_from_volume"][2:] == [
        "Create the volume",
        "Create the network",
        "Create the subnet",
        "Create a server that keeps the volume",
        "Find the volume as the server's root disk",
        "Delete the server that keeps the volume",
        "Find the volume kept",
        "Create a server that takes the volume along",
        "Delete the server that takes the volume along",
        "Wait until the volume is gone",
        "Delete the subnet",
        "Delete the network",
    ]
    assert steps["multi_nic"][6:] == [
        "Create a port",
        "Create the server",
        "Find a port in each network",
        "Plug the port",
        "Find the port at the server",
        "Unplug the port",
        "Find the port no more at the server",
        "Plug an interface",
        "Wait until its port is active",
        "Unplug the interface",
        "Ask for its port in vain",
        "Find the server with the addresses that it had",
        "Delete the server",
        "Delete the port",
        *(f"Delete the {what} [{which}]" for what in ("subnet", "network") for which in ("first", "second")),
    ]


def test_what_the_options_leave_out_is_skipped_and_says_so(probe: Probe) -> None:
    left_out = {**LATER, "rescue": False, "shelve": False}
    run = probe("server_lifecycle", options={"server_lifecycle": left_out})
    assert run.exit_code == 0, run.said
    skipped = [step for step in run.scenario("server_lifecycle").steps if step.outcome is Outcome.SKIPPED]
    assert len(skipped) == 14
    assert all("leaves it out" in (step.message or "") for step in skipped)


@pytest.mark.thorough
def test_an_administrator_may_stop_a_locked_server(probe: Probe) -> None:
    only_lock = {**LATER, "lock": True, "rescue": False, "shelve": False}
    run = probe("server_lifecycle", cloud="admin", options={"server_lifecycle": only_lock})
    assert run.exit_code == 0, run.said
    step = run.step("server_lifecycle", "Stop the locked server in vain")
    assert (step.outcome, "role admin" in (step.message or "")) == (Outcome.SKIPPED, True)


def test_what_cannot_be_found_is_an_error_that_names_the_option(probe: Probe) -> None:
    no_image = {name: {"image": "no-such"} for name in NAMES[1:]}
    run = probe(*NAMES, options={"server_lifecycle": {"rebuild_image": "no-such"}, **no_image})
    assert set(run.outcomes().values()) == {Outcome.ERROR}
    for name in NAMES:
        problem = " ".join(one.message for one in run.scenario(name).problems)
        assert f"image` of {name}" in problem, problem


def test_without_their_services_they_are_skipped(probe: Probe, demo: Connection) -> None:
    run = probe(*NAMES, "identity", rules=without(demo, "compute"))
    assert {name: run.outcomes()[name] for name in NAMES} == dict.fromkeys(NAMES, Outcome.SKIPPED)
    assert run.exit_code == 0, run.said


def test_without_block_storage_nothing_boots_from_it(probe: Probe, demo: Connection) -> None:
    run = probe("boot_from_volume", "identity", rules=without(demo, "block-storage"))
    assert run.outcomes()["boot_from_volume"] is Outcome.SKIPPED, run.said


@pytest.mark.parametrize(("scenario", "what"), SEASON.faults)
def test_a_fault_is_seen_at_its_step_and_nothing_is_left(scenario: str, what: str, weather: Weather) -> None:
    weather(SEASON, scenario, what)
