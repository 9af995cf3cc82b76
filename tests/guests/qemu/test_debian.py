"""Scenarios on a genuine Debian in a virtual machine: what cloud-init and systemd do there is not ours.

Minutes without KVM: the first boot of cloud-init takes one or two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pocketcloud.cloud import Cloud
from stackprobe.results import Outcome

from tests.guests.qemu import debian
from tests.guests.scenarios.probing import GuestsRun, World, run_in_the_outside
from tests.support.clouds import connect

PATIENT_S = 1500
PATIENCE_S = 3 * PATIENT_S
TOGETHER = 2
"""Scenarios side by side: each machine keeps a processor busy while it boots."""
SCENARIOS = ("guest_login", "guest_metadata", "guest_cpu", "guest_disk", "reboot_survival", "volume_data")
EVERYWHERE = {"image": debian.NAME, "boot_deadline": PATIENT_S, "login_deadline": PATIENT_S}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "guest_metadata": {"user_data_deadline": PATIENT_S},
    "guest_cpu": {"digits": 300},
    "guest_disk": {"size": 64, "jobs": 1},
    "reboot_survival": {"resize": False, "action_deadline": PATIENT_S},
    "volume_data": {"data_mib": 8},
}


@pytest.fixture(scope="module")
def run(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> GuestsRun:
    """One run of all of them, which leaves nothing."""
    admin = connect(cloud.clouds_yaml, "admin")
    debian.upload(admin)
    world = World(cloud, admin)
    options = {name: {**EVERYWHERE, **OPTIONS.get(name, {})} for name in SCENARIOS}
    directory = tmp_path_factory.mktemp("debian") / "run"
    made = run_in_the_outside(cloud, directory, SCENARIOS, options=options, patience_s=PATIENCE_S, parallel=TOGETHER)
    assert (made.results.leftovers, world.left()) == (0, {}), made.said
    return made


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_passes_as_the_user_debian(run: GuestsRun, scenario: str) -> None:
    bad = [(one.name, one.message) for one in run.scenario(scenario).bad_steps]
    assert (run.outcome(scenario), bad) == (Outcome.PASSED, []), run.said


def test_its_console_names_the_host_key_and_what_it_lacks_is_skipped_with_the_reason(run: GuestsRun) -> None:
    checks = run.step("guest_login", "Log in to the guest").checks
    assert [one.actual for one in checks if one.name == "host key known from"] == ["console"]
    for scenario, step, program in (("guest_cpu", "Compute pi", "bc"), ("guest_disk", "Measure the disk", "fio")):
        skipped = run.step(scenario, step)
        assert skipped.outcome is Outcome.SKIPPED and f"no {program}" in (skipped.message or ""), skipped.message
