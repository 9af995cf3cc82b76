"""Runs ``stackprobe`` as an operator does, and looks at what it found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackprobe.results import Outcome, Results, Scenario, Step, from_directory

PATIENCE_S = 300.0


@dataclass(frozen=True)
class Finished:
    """A run that is over.

    :param code: its exit code.
    :param output: what it wrote to standard output and standard error.
    :param directory: where its results are.
    """

    code: int
    output: str
    results: Results
    directory: Path

    def outcomes(self) -> dict[str, Outcome]:
        """The outcome of each scenario."""
        return {one.name: one.outcome for one in self.results.scenarios}

    def scenario(self, name: str) -> Scenario:
        """One of its scenarios."""
        return next(one for one in self.results.scenarios if one.name == name)

    def steps(self, scenario: str) -> dict[str, Step]:
        """The steps of a scenario by name; of one that ran for several zones, the last."""
        return {one.name: one for one in self.scenario(scenario).steps}

    def step(self, scenario: str, name: str, zone: str | None = None) -> Step:
        """One step of a scenario."""
        return next(one for one in self.scenario(scenario).steps if (one.name, one.zone) == (name, zone))

    def bad(self, scenario: str) -> list[Step]:
        """The steps of a scenario that failed or erred, in the order in which they ran."""
        return [one for one in self.scenario(scenario).steps if one.outcome.is_bad]


@dataclass(frozen=True)
class Command:
    """The command ``stackprobe`` with the clouds of a clouds.yaml.

    :param state: what it remembers of runs on this machine.
    """

    clouds_yaml: Path
    state: Path

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Execute it with arguments; its errors are in ``stdout`` too."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        environment |= {"OS_CLIENT_CONFIG_FILE": str(self.clouds_yaml), "XDG_STATE_HOME": str(self.state)}
        return subprocess.run(
            [sys.executable, "-m", "stackprobe", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def run(
        self,
        directory: Path,
        *scenarios: str,
        cloud: str = "demo",
        options: Mapping[str, Mapping[str, Any]] | None = None,
        **settings: Any,
    ) -> Finished:
        """Run scenarios and wait for the end.

        :param directory: where configuration and results go; made here.
        :param options: options of scenarios, by scenario.
        :param settings: other keys of probes.yaml.
        """
        directory.mkdir(parents=True)
        config, output = directory / "probes.yaml", directory / "out"
        config.write_text(json.dumps({**settings, "options": dict(options or {})}), encoding="utf-8")
        selection = [part for scenario in scenarios for part in ("--scenario", scenario)]
        done = self("run", "--cloud", cloud, "--config", str(config), *selection, "--output", str(output))
        assert (output / "journal.jsonl").exists(), f"exit code {done.returncode}: {done.stdout}"
        return Finished(done.returncode, done.stdout, from_directory(output), output)
