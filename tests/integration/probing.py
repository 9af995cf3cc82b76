"""Runs ``stackprobe run`` as an operator does, and looks at what it found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackprobe.results import Outcome, Results, Scenario, Step, from_directory

PATIENCE_S = 300.0


@dataclass(frozen=True)
class Probed:
    """A run that is over.

    :param said: what it wrote to standard output and standard error.
    """

    exit_code: int
    results: Results
    said: str
    output: Path

    def scenario(self, name: str) -> Scenario:
        """One of its scenarios."""
        return next(one for one in self.results.scenarios if one.name == name)

    def step(self, scenario: str, name: str, zone: str | None = None) -> Step:
        """One of its steps; a zone that its name holds already is not shown again."""
        steps = (one for one in self.scenario(scenario).steps if one.zone == zone)
        return next(one for one in steps if one.name.removesuffix(f" [{zone}]") == name)

    def outcomes(self) -> dict[str, Outcome]:
        """The outcome of each scenario."""
        return {one.name: one.outcome for one in self.results.scenarios}

    def bad_steps(self, scenario: str) -> list[tuple[str, str | None]]:
        """Name and zone of the steps of a scenario that failed or erred."""
        bad = [one for one in self.scenario(scenario).steps if one.outcome.is_bad]
        return [(one.name.removesuffix(f" [{one.zone}]"), one.zone) for one in bad]


def run_probes(
    clouds_yaml: Path,
    directory: Path,
    scenarios: Iterable[str],
    *,
    cloud: str = "demo",
    options: Mapping[str, Mapping[str, Any]] | None = None,
    arguments: Iterable[str] = (),
    stop_when: Callable[[str], bool] | None = None,
    inside: Iterable[str] = (),
    patience_s: float = PATIENCE_S,
    **settings: Any,
) -> Probed:
    """Run ``scenarios`` on a cloud and wait for the end.

    :param directory: where configuration and results go; made here.
    :param options: options of scenarios, by scenario.
    :param arguments: further ones of the command.
    :param stop_when: told the journal's text again and again; once it says so, the run gets a SIGTERM.
    :param inside: words before the command: where it runs.
    :param patience_s: the longest that it may take.
    :param settings: other keys of probes.yaml.
    """
    directory.mkdir(parents=True)
    config, output = directory / "probes.yaml", directory / "out"
    config.write_text(json.dumps({**settings, "options": dict(options or {})}), encoding="utf-8")
    selection = [part for scenario in scenarios for part in ("--scenario", scenario)]
    command = [sys.executable, "-m", "stackprobe", "run", "--cloud", cloud, "--config", str(config)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    environment |= {"OS_CLIENT_CONFIG_FILE": str(clouds_yaml), "XDG_STATE_HOME": str(directory / "state")}
    journal = output / "journal.jsonl"
    with subprocess.Popen(
        [*inside, *command, *selection, *arguments, "--output", str(output)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        end = time.monotonic() + patience_s
        while stop_when and process.poll() is None and time.monotonic() < end:
            if journal.exists() and stop_when(journal.read_text(encoding="utf-8")):
                process.terminate()
                break
            time.sleep(0.1)
        try:
            said, _ = process.communicate(timeout=patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert journal.exists(), f"exit code {process.returncode}: {said}"
    return Probed(process.returncode, from_directory(output), said, output)
