"""Runs the playbook of a run: ansible-playbook as a child in a process group of its own."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from stackprobe import content
from stackprobe.errors import UsageError

LOG = "ansible.log"
SOCKET_VARIABLE = "STACKPROBE_SOCKET"
_END_S = 5.0
_SETTINGS = """\
[defaults]
home = {home}
local_tmp = {home}/tmp
roles_path = {roles}
forks = {forks}
nocolor = true
retry_files_enabled = false
localhost_warning = false
interpreter_python = auto_silent
[inventory]
enable_plugins = host_list
inventory_unparsed_warning = false
"""


def find(configured: str | None = None) -> str:
    """The ansible-playbook to use: the configured one, the one beside this Python, or the one on the PATH.

    :raises UsageError: there is none.
    """
    if configured:
        found = shutil.which(configured)
        if found is None:
            raise UsageError(f"{configured} is no program", remedy="correct --ansible-playbook")
        return found
    beside = Path(sys.executable).parent / "ansible-playbook"
    found = str(beside) if beside.exists() else shutil.which("ansible-playbook")
    if found is None:
        raise UsageError(
            "ansible-playbook was not found", remedy="install ansible-core, or name it with --ansible-playbook"
        )
    return found


def version(program: str) -> str | None:
    """The version of ansible-core that ``program`` belongs to, when that is this Python's; else None."""
    if Path(program).parent != Path(sys.executable).parent:
        return None
    try:
        return importlib.metadata.version("ansible-core")
    except importlib.metadata.PackageNotFoundError:
        return None


class Ansible:
    """The playbook of one run under way; a context manager that leaves no process behind.

    :param socket: where the session listens, or is going to.
    :param home: a directory for what Ansible wants to write.
    :param forks: how many tasks that are no steps may run at once.
    """

    def __init__(self, program: str, roles: Sequence[Path], socket: Path, home: Path, output: Path, forks: int) -> None:
        self.log = output / LOG
        settings = home / "ansible.cfg"  # the operator's own is for other playbooks
        settings.write_text(
            _SETTINGS.format(home=home / "ansible", roles=os.pathsep.join(map(str, roles)), forks=forks)
        )
        environment = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        environment |= {SOCKET_VARIABLE: str(socket), "ANSIBLE_CONFIG": str(settings), "PYTHONUNBUFFERED": "1"}
        for secret in ("OS_PASSWORD", "OS_TOKEN", "OS_APPLICATION_CREDENTIAL_SECRET"):
            environment.pop(secret, None)  # Ansible never talks to the cloud
        playbook = content.playbooks() / "probe" / "run.yaml"
        with open(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
            self._process = subprocess.Popen(
                [program, str(playbook)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Ansible:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def wait(self, timeout_s: float) -> int | None:
        """Its exit code, or None when it still runs after ``timeout_s``."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """End it and its workers: politely first."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            self.wait(_END_S)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)  # workers that outlived it

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, in one line."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return " ".join(" ".join(text.splitlines()[-lines:]).split())[-1500:]
