"""The units for systemd, run as they stand by the rules of systemd for the lines that they use."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from openstack.connection import Connection
from stackprobe.results import Outcome, from_directory

from tests.elsewhere.examples import DEADLINE_S, EXAMPLES, FINISH_S, TEARDOWN_S, seconds
from tests.elsewhere.processes import PATIENCE_S, ended, has_created, until
from tests.elsewhere.systemd import Systemd
from tests.elsewhere.trials import NO_IMAGES, SILENT_SUBNETS, choose
from tests.support.clouds import Rules, inventory, settled_inventory

UNIT = EXAMPLES / "systemd" / "stackprobe@.service"
TIMER = EXAMPLES / "systemd" / "stackprobe@.timer"
PROGRAM = "/opt/stackprobe/venv/bin/stackprobe"


@pytest.fixture
def systemd(tmp_path: Path, etc: Path, helper: Path) -> Systemd:
    """The unit, with the paths of this test in it."""
    text = UNIT.read_text().replace(PROGRAM, str(helper)).replace("/etc/stackprobe/", f"{etc}/")
    home = tmp_path / "home"
    home.mkdir()
    return Systemd(text, "mycloud", tmp_path / "lib", home)


def _verify(directory: Path, text: str) -> tuple[int, str]:
    """What systemd-analyze says of the unit and its timer; it looks at them and starts nothing."""
    (directory / UNIT.name).write_text(text)
    shutil.copy(TIMER, directory / TIMER.name)
    units = [str(directory / UNIT.name), str(directory / TIMER.name)]
    command = ["systemd-analyze", "verify", "--man=no", *units]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_systemd_understands_each_line_of_the_units(tmp_path: Path, helper: Path) -> None:
    text = UNIT.read_text().replace(PROGRAM, str(helper))
    assert _verify(tmp_path, text) == (0, "")
    said = _verify(tmp_path, text.replace("KillMode=mixed", "KillMode=mixd"))[1]
    assert "Failed to parse kill mode" in said, "the check does not see a mistake"


def test_the_units_leave_time_for_the_run_the_teardown_and_what_follows(systemd: Systemd) -> None:
    assert f"--deadline {DEADLINE_S} " in systemd.one("ExecStart")
    assert seconds(systemd.one("TimeoutStartSec")) >= DEADLINE_S + TEARDOWN_S
    assert seconds(systemd.one("TimeoutStopSec")) > max(TEARDOWN_S, FINISH_S)
    assert systemd.one("KillMode") == "mixed" and systemd.one("Type") == "oneshot"


@pytest.mark.usefixtures("undisturbed", "faults")
def test_systemd_runs_and_finishes_and_prunes_old_reports(systemd: Systemd, etc: Path) -> None:
    old = systemd.report("0ld")
    old.mkdir(parents=True)
    os.utime(old, (time.time() - 20 * 86400,) * 2)

    assert systemd.activate("1" * 32) == (0, [0, 0]), systemd.log("1" * 32)
    assert from_directory(systemd.report("1" * 32)).outcome is Outcome.PASSED
    assert (systemd.report("1" * 32) / "sweep.json").exists() and not old.exists()
    choose(etc, "--scenario identity")
    assert systemd.activate("2" * 32) == (0, [0, 0]), "the next start must find a place of its own"


@pytest.mark.usefixtures("undisturbed")
def test_systemd_sees_that_the_cloud_failed(systemd: Systemd, faults: Callable[[Rules], None]) -> None:
    faults(NO_IMAGES)
    assert systemd.activate("1" * 32) == (1, [0, 0]), systemd.log("1" * 32)
    assert from_directory(systemd.report("1" * 32)).outcome is Outcome.FAILED


@pytest.mark.usefixtures("undisturbed")
def test_after_a_kill_exec_stop_post_reports_and_sweeps(
    systemd: Systemd, etc: Path, faults: Callable[[Rules], None]
) -> None:
    choose(etc, "--scenario network")
    faults(SILENT_SUBNETS)
    process = systemd.start("1" * 32)
    with ended(process):
        until(lambda: has_created(systemd.report("1" * 32)), "a network", process)
        process.kill()
        code = process.wait(PATIENCE_S)
        faults([])
        # As KillMode=mixed has it, what the run had started may live on until all is over.
        assert systemd.stop_post("1" * 32, code) == [0, 0], systemd.log("1" * 32)
    results = from_directory(systemd.report("1" * 32))
    assert not results.finished and (systemd.report("1" * 32) / "report.html").exists()
    assert json.loads((systemd.report("1" * 32) / "sweep.json").read_text())["deleted"]


@pytest.mark.usefixtures("undisturbed")
def test_at_a_stop_the_run_itself_tears_down(
    systemd: Systemd, etc: Path, admin: Connection, faults: Callable[[Rules], None]
) -> None:
    before = inventory(admin)
    choose(etc, "--scenario network")
    faults(SILENT_SUBNETS)
    process = systemd.start("1" * 32)
    with ended(process):
        until(lambda: has_created(systemd.report("1" * 32)), "a network", process)
        faults([])
        process.terminate()
        code = process.wait(seconds(systemd.one("TimeoutStopSec")))
    assert code in (1, 2) and from_directory(systemd.report("1" * 32)).finished
    assert settled_inventory(admin, before) == before, "before ExecStopPost"
    assert systemd.stop_post("1" * 32, code) == [0, 0]
