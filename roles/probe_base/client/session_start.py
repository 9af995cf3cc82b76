"""Starts the session process for plays without ``stackprobe run`` around them (Zuul, plain ansible-playbook)."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from stackprobe_client import SessionGone

READY_S = 60.0


def await_socket(path: str) -> None:
    """Wait for a session that somebody else is starting.

    :raises SessionGone: it does not come up within :data:`READY_S` seconds.
    """
    end = time.monotonic() + READY_S
    while not os.path.exists(path):
        if time.monotonic() > end:
            raise SessionGone(f"the step engine did not come up at {path}")
        time.sleep(0.01)


def start(options: Mapping[str, Any], roles: Iterable[str], environment: Mapping[str, str]) -> str:
    """Start ``stackprobe session`` and return the path of its socket. It ends with this play, whatever ends that.

    :param options: ``stackprobe`` (the command), ``cloud``, ``region``, ``config``, ``output``, ``deadline`` (s),
        ``ansible`` (its release), ``graphite_url`` (where past runs are known), ``scenarios`` and ``tags``; empty ones
        are left to the configuration.
    :param roles: the folders in which Ansible looks for roles: every scenario in them can be run.
    :raises SessionGone: it did not come up; the message is its own.
    """
    # The path of a Unix socket ends at 108 bytes.
    short = "/tmp" if len(tempfile.gettempdir()) > 60 else None  # noqa: S108
    home = Path(tempfile.mkdtemp(prefix="sp-", dir=short))
    socket = home / "socket"
    words = tempfile.TemporaryFile()  # noqa: SIM115 - the process writes to it as long as it lives
    try:
        process = subprocess.Popen(
            _command(options, roles, home),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=dict(environment),
        )
    except OSError as error:
        os.rmdir(home)
        raise SessionGone(
            f"{options['stackprobe']} cannot be started: {error}; set probe_base_stackprobe to its path"
        ) from error
    end = time.monotonic() + READY_S
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > end:
            words.seek(0)
            text = words.read().decode(errors="replace").strip().removeprefix("stackprobe: ")
            raise SessionGone(text or "the step engine did not come up")
        time.sleep(0.02)
    return str(socket)


def _command(options: Mapping[str, Any], roles: Iterable[str], home: Path) -> list[str]:
    command = [options["stackprobe"], "session", "--home", str(home), "--player", str(os.getppid())]
    for option in ("cloud", "region", "config", "output", "deadline", "ansible", "graphite_url"):
        if options.get(option):
            command += [f"--{option.replace('_', '-')}", str(options[option])]
    for option, values in (
        ("roles-path", roles),
        ("scenario", options.get("scenarios")),
        ("tag", options.get("tags")),
    ):
        for value in values or []:
            command += [f"--{option}", str(value)]
    return command
