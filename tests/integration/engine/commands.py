"""Runs the commands as processes: scenarios written by the test, moments awaited in the journal, signals, kills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
import yaml
from stackprobe import content
from stackprobe.results import Results, from_directory

PATIENCE_S = 60.0
Record = dict[str, Any]


def write_role(roles: Path, name: str, tasks: str, *, creates: bool = False, services: tuple[str, ...] = ()) -> None:
    """A scenario; ``tasks`` is the text of its tasks/main.yaml, after the line ``---``."""
    role = roles / f"probe_{name}"
    (role / "tasks").mkdir(parents=True)
    (role / "tasks" / "main.yaml").write_text(f"---\n{tasks}")
    about = {"description": f"The scenario {name}", "creates": creates, "services": list(services)}
    (role / "scenario.yaml").write_text(yaml.safe_dump(about))


class Command:
    """A process of ours that works on ``output``."""

    def __init__(self, command: list[str], output: Path, environment: Mapping[str, str]) -> None:
        self.output = output
        self.said_file = output.with_name(f"{output.name}.said")
        with self.said_file.open("wb") as said:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.said_file.read_text()

    def records(self, type: str, **wanted: Any) -> list[Record]:
        journal = self.output / "journal.jsonl"
        lines = journal.read_text().splitlines() if journal.exists() else []
        found = [json.loads(line) for line in lines if line.endswith("}")]
        return [
            one for one in found if one["type"] == type and all(one.get(key) == value for key, value in wanted.items())
        ]

    def await_(self, what: Callable[[], Any]) -> Any:
        """Wait until ``what`` gives something, and return it."""
        end = time.monotonic() + PATIENCE_S
        while not (found := what()):
            assert self.process.poll() is None and time.monotonic() < end, self.said
            time.sleep(0.01)
        return found

    def await_record(self, type: str, **wanted: Any) -> Record:
        """Wait for a record of the journal."""
        found: Record = self.await_(lambda: self.records(type, **wanted))[0]
        return found

    def descendants(self, name: str = "") -> list[psutil.Process]:
        """Its processes with ``name`` in their command line."""
        try:
            tree = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return [one for one in tree if name in " ".join(_command_line(one))]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, timeout_s: float = PATIENCE_S) -> int:
        """Wait for its end; the exit code."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running after {timeout_s} s: {self.said}") from None

    def kill(self) -> None:
        """End it and all that it started, if any of it is left."""
        for one in self.descendants():
            one.kill()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def results(self) -> Results:
        return from_directory(self.output)

    def outcomes(self) -> dict[str, str]:
        """The outcome of each scenario, from the journal."""
        return {one["scenario"]: one["outcome"] for one in self.records("scenario_end")}


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


class Runs:
    """Starts runs of the scenarios in ``roles`` on the cloud ``demo``, and leaves none of them running."""

    def __init__(self, directory: Path, clouds: Path) -> None:
        self.directory, self.clouds, self.roles = directory, clouds, directory / "roles"
        self.roles.mkdir()
        self.started: list[Command] = []

    def environment(self) -> dict[str, str]:
        return {"OS_CLIENT_CONFIG_FILE": str(self.clouds), "XDG_STATE_HOME": str(self.directory / "state")}

    def scenario(self, name: str, tasks: str, **more: Any) -> None:
        write_role(self.roles, name, tasks, **more)

    def start(self, *options: str, environment: Mapping[str, str] | None = None, **settings: Any) -> Command:
        """``stackprobe run`` of every scenario there; ``settings`` are keys of probes.yaml."""
        config = self.directory / "probes.yaml"
        names = sorted(path.name.removeprefix("probe_") for path in self.roles.iterdir())
        config.write_text(json.dumps({"scenarios": {"names": names}, **settings}))
        command = [sys.executable, "-m", "stackprobe", "run", "--cloud", "demo", "--config", str(config)]
        output = self.directory / f"out-{len(self.started)}"
        command += ["--roles-path", str(self.roles), "--output", str(output), *options]
        return self._start(command, output, environment or {})

    def play(self, *options: str, environment: Mapping[str, str] | None = None) -> Command:
        """The playbook by ``ansible-playbook`` itself, with every scenario there."""
        output = self.directory / f"out-{len(self.started)}"
        bin = Path(sys.executable).parent
        names = sorted(path.name.removeprefix("probe_") for path in self.roles.iterdir())
        variables = {
            "probe_cloud": "demo",
            "probe_scenarios": names,
            "probe_output": str(output),
            "probe_base_stackprobe": str(bin / "stackprobe"),
        }
        playbook = content.playbooks() / "probe" / "run.yaml"
        command = [str(bin / "ansible-playbook"), str(playbook), "--extra-vars", json.dumps(variables), *options]
        roles = {"ANSIBLE_ROLES_PATH": f"{self.roles}:{content.roles()}", "ANSIBLE_LOCALHOST_WARNING": "false"}
        return self._start(
            command, output, {**roles, "ANSIBLE_HOME": str(self.directory / "ansible"), **(environment or {})}
        )

    def _start(self, command: list[str], output: Path, environment: Mapping[str, str]) -> Command:
        self.started.append(Command(command, output, {**self.environment(), **environment}))
        return self.started[-1]

    def run(self, *options: str, **more: Any) -> Command:
        """A whole run, to its end."""
        command = self.start(*options, **more)
        command.end()
        return command

    def end(self) -> None:
        for one in self.started:
            one.kill()
