"""A host that leads to guests and was there before the run: a genuine sshd where floating IPs are reached."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.guests.outside import Outside, until
from tests.support.packages import program

BASTION = "the jump host of the tests"
"""In place of the option `access`, whose value is another in each cloud."""
ADDRESS, PORT = "203.0.113.1", 2222
LOG = "sshd.log"
"""Beside the user's key."""


@contextlib.contextmanager
def jump_host(namespace: str, directory: Path) -> Iterator[Mapping[str, Any]]:
    """It runs; the value of the option `access`.

    :param namespace: where it runs.
    :param directory: for its keys and its log.
    """
    host_key, key = (Outside.make_key(directory / name) for name in ("host", "user"))
    settings = {
        "HostKey": host_key,
        "AuthorizedKeysFile": key.with_suffix(".pub"),
        "ListenAddress": ADDRESS,
        "Port": PORT,
        "PidFile": "none",
        "PermitRootLogin": "prohibit-password",
        "StrictModes": "no",
        "UsePAM": "no",
    }
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    words = [str(program("sshd")), "-D", "-f", "/dev/null", "-E", str(directory / LOG)]
    words += [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    with subprocess.Popen(["ip", "netns", "exec", namespace, *words], stdin=subprocess.DEVNULL) as process:
        try:
            outside = Outside(namespace, key)
            until(lambda: outside.connects(ADDRESS, PORT), "the jump host listens")
            public = " ".join(host_key.with_suffix(".pub").read_text().split()[:2])
            yield {
                "host": ADDRESS, "port": PORT, "user": "root", "key_file": str(key), "host_key": public,
                "floating_ips": True,
            }  # fmt: skip
        finally:
            process.terminate()
