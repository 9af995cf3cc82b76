"""Recorded playbooks: a folder with a playbook that the test writes, run with the Ansible beside this Python."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.engine.commands import Command

BIN = Path(sys.executable).parent
NEAR = f"ansible_connection=local ansible_python_interpreter={sys.executable}"


class Playbooks:
    """Playbooks in ``directory``, and what records them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.started: list[Command] = []
        (directory / "hosts").write_text(f"localhost {NEAR}\n")

    def write(self, name: str, text: str) -> Path:
        """A file beside the playbook."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def environment(self) -> dict[str, str]:
        return {
            "ANSIBLE_HOME": str(self.directory / "ansible"),
            "ANSIBLE_CONFIG": str(self.directory / "ansible.cfg"),
            "XDG_CONFIG_HOME": str(self.directory / "config"),
        }

    def start(
        self,
        playbook: str,
        *options: str,
        program: Path = BIN / "ansible-playbook",
        record: tuple[str, ...] = ("--cloud", "demo"),
        environment: Mapping[str, str] | None = None,
    ) -> Command:
        """``stackprobe record`` of a playbook, whose text this is."""
        path = self.write("playbook.yaml", playbook)
        output = self.directory / f"out-{len(self.started)}"
        command = [sys.executable, "-m", "stackprobe", "record", "--output", str(output), *record, "--"]
        command += [str(program), "-i", str(self.directory / "hosts"), str(path), *options]
        self.started.append(Command(command, output, {**self.environment(), **(environment or {})}))
        return self.started[-1]

    def run(self, playbook: str, *options: str, **more: Any) -> Command:
        """The same to its end."""
        command = self.start(playbook, *options, **more)
        command.end()
        return command

    def end(self) -> None:
        """Leave no process: what is recorded has a process group of its own."""
        for one in self.started:
            for child in one.descendants():
                with_group = _group(child)
                if with_group not in (None, os.getpgrp()):
                    _kill(with_group)
            one.kill()


def _group(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None


def _kill(group: int | None) -> None:
    try:
        if group:
            os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


@pytest.fixture
def playbooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Playbooks]:
    """Playbooks of the test, with nothing of this machine's own OpenStack and Ansible."""
    for name in list(os.environ):
        if name.startswith(("OS_", "ANSIBLE_", "STATSD_")):
            monkeypatch.delenv(name)
    found = Playbooks(tmp_path)
    yield found
    found.end()
