"""Runs with guests that are killed at random moments, and the sweep after it: nothing is left, nowhere."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from stackprobe.results import Outcome, from_directory

from tests.guests.scenarios.conftest import Options
from tests.guests.scenarios.probing import World
from tests.guests.scenarios.season import in_peace

MANY = ("guest_login", "guest_metadata", "server_batch_login")
STEPS = 114
"""Of a run of them that ends. The fair run is held to it (see test_weather.py): to wait for one here takes minutes."""
PATIENCE_S = 600.0


class Run:
    """``stackprobe run`` in the outside of the cloud, to be killed."""

    def __init__(self, cloud: Cloud, directory: Path, options: Options) -> None:
        directory.mkdir()
        self.output, self.log = directory / "out", directory / "run.log"
        config = directory / "probes.yaml"
        config.write_text(json.dumps({"options": {name: in_peace(options[name]) for name in MANY}}), encoding="utf-8")
        self._inside = ["ip", "netns", "exec", cloud.outside, sys.executable, "-m", "stackprobe"]
        self._environment = {
            **os.environ,
            "OS_CLIENT_CONFIG_FILE": str(cloud.clouds_yaml),
            "XDG_STATE_HOME": str(directory / "state"),
        }
        output = ["--output", str(self.output)]
        selection = [part for scenario in MANY for part in ("--scenario", scenario)]
        with open(self.log, "wb") as log:
            self.process = psutil.Popen(
                [*self._inside, "run", "--cloud", "demo", "--config", str(config), *output, *selection],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def steps(self) -> int:
        """How many steps it has finished."""
        try:
            text = (self.output / "journal.jsonl").read_text(encoding="utf-8")
        except FileNotFoundError:
            return 0
        return text.count('{"type":"step"')

    def wait_for_steps(self, number: int) -> None:
        """Return when it has finished so many steps."""
        end = time.monotonic() + PATIENCE_S
        while self.steps() < number:
            assert self.process.poll() is None and time.monotonic() < end, self.log.read_text(encoding="utf-8")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL to it and everything that it started, at once."""
        family = [self.process, *self.process.children(recursive=True)]
        for process in family:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self.process.wait(PATIENCE_S)
        _, alive = psutil.wait_procs(family[1:], PATIENCE_S)
        assert alive == []

    def sweep(self) -> None:
        """Sweep as an operator does after it."""
        done = subprocess.run(
            [*self._inside, "sweep", "--cloud", "demo"],
            env=self._environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def processes(self) -> list[str]:
        """Command lines of what still runs for it."""
        found = []
        for process in psutil.process_iter():
            try:
                line = " ".join(process.cmdline())
            except psutil.Error:
                continue
            if str(self.output) in line:
                found.append(line)
        return found


def a_moment(part: tuple[float, float]) -> int:
    """A number of steps, at random within a part of a whole run."""
    return max(1, round(random.uniform(*part) * STEPS))


@pytest.mark.parametrize(
    "part",
    [
        pytest.param((0.3, 0.6), id="while guests are made"),
        pytest.param((0.6, 0.95), id="while they are there", marks=pytest.mark.thorough),
    ],
)
def test_a_run_that_was_killed_is_swept(
    roomy: Cloud,
    admin: Connection,
    options: Options,
    tmp_path: Path,
    part: tuple[float, float],
) -> None:
    world, steps = World(roomy, admin), a_moment(part)
    run = Run(roomy, tmp_path / "run", options)
    try:
        run.wait_for_steps(steps)
    finally:
        run.kill()
    run.sweep()
    assert (world.left(), run.processes()) == ({}, []), f"killed after {steps} steps"
    outcomes = {one.name: one.outcome for one in from_directory(run.output).scenarios}
    assert Outcome.ERROR in outcomes.values(), outcomes


def test_a_run_that_is_told_to_end_tidies_up_itself(
    roomy: Cloud, admin: Connection, options: Options, tmp_path: Path
) -> None:
    world, steps = World(roomy, admin), a_moment((0.4, 0.9))
    run = Run(roomy, tmp_path / "run", options)
    try:
        run.wait_for_steps(steps)
        run.process.terminate()
        code = run.process.wait(PATIENCE_S)
    finally:
        if run.process.is_running():
            run.kill()
    left: tuple[int, Any, list[str]] = (from_directory(run.output).leftovers, world.left(), run.processes())
    assert left == (0, {}, []), f"told after {steps} steps: {run.log.read_text(encoding='utf-8')}"
    assert code == 2, run.log.read_text(encoding="utf-8")
