"""For tests of scenarios of your own, with pytest: a genuine OpenStack on loopback, faults, and runs on it.

``pytest_plugins = ["stackprobe.testing"]`` in ``tests/conftest.py`` gives them the fixture ``probe``::

    def test_it_passes_on_a_cloud_that_works(probe: Probe) -> None:
        assert probe("my_scenario").outcome == "passed"

The first test starts a cloud (some seconds; minutes for the first time on a machine, which installs it), the last one
ends it. With POCKETCLOUD_DIR=DIR in the environment they use the one that ``pocketcloud up DIR`` has started.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pocketcloud.cloud import Cloud

Probe = Callable[..., "Run"]
"""What the fixture ``probe`` is; see there."""
LONGEST_S = 600.0
"""How long a run may take before the test gives up."""


@dataclass(frozen=True)
class Run:
    """A run of a scenario that is over.

    :param summary: its summary.json.
    :param said: what it wrote to standard output and standard error.
    :param output: the directory with all its results.
    """

    exit_code: int
    summary: Mapping[str, Any]
    said: str
    output: Path

    @property
    def outcome(self) -> str:
        """``passed``, ``failed``, ``error`` or ``skipped``: that of the scenario."""
        return str(self.summary["scenarios"][0]["outcome"])

    @property
    def bad_steps(self) -> list[str]:
        """Names of the steps that failed or erred, in their order."""
        return [str(one["step"]) for one in self.summary["problems"] if one["step"] is not None]

    @property
    def leftovers(self) -> int:
        """How many of the resources that it made are not known to be deleted."""
        return int(self.summary["leftovers"])


@pytest.fixture(scope="session")
def pocketcloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A running cloud without faults, with the clouds ``demo`` (a customer) and ``admin``."""
    given = os.environ.get("POCKETCLOUD_DIR")
    one = Cloud(given or tmp_path_factory.mktemp("pocketcloud") / "cloud")
    if not given:
        one.up()
    elif not one.status().all_answer:
        pytest.exit(f"POCKETCLOUD_DIR={given}: not everything answers there", returncode=2)
    try:
        yield one
    finally:
        if not given:
            one.down()


@pytest.fixture
def probe(pocketcloud: Cloud, request: pytest.FixtureRequest, tmp_path: Path) -> Probe:
    """Call it with the name of a scenario in the folder ``roles`` beside the folder of the test; it returns a Run.

    :param faults: rules of pocketcloud's faults.json, in force while it runs.
    :param options: of the scenario.
    :param cloud: ``demo``, a customer, or ``admin``.
    :param roles: another folder of roles.
    """
    numbers = itertools.count()
    beside = request.path.parent.parent / "roles"

    def run(
        scenario: str,
        *,
        faults: Sequence[Mapping[str, Any]] = (),
        options: Mapping[str, Any] | None = None,
        cloud: str = "demo",
        roles: Path = beside,
    ) -> Run:
        place = tmp_path / f"run-{next(numbers)}"
        place.mkdir()
        config, output = place / "probes.yaml", place / "out"
        config.write_text(json.dumps({"options": {scenario: dict(options or {})}}), encoding="utf-8")
        command = [sys.executable, "-m", "stackprobe", "run", "--cloud", cloud, "--scenario", scenario]
        command += ["--roles-path", str(roles), "--config", str(config), "--output", str(output)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        environment["OS_CLIENT_CONFIG_FILE"] = str(pocketcloud.clouds_yaml)
        pocketcloud.faults([dict(rule) for rule in faults])
        try:
            done = subprocess.run(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=LONGEST_S,
                check=False,
            )
        finally:
            pocketcloud.faults([])
        summary = output / "summary.json"
        if not summary.exists():
            pytest.fail(f"the run was refused with exit code {done.returncode}: {done.stdout}")
        return Run(done.returncode, json.loads(summary.read_text(encoding="utf-8")), done.stdout, output)

    return run
