"""A genuine node: an SSH server on loopback for the user who runs the tests. zuul-launcher offers it to jobs.

It listens on 127.0.0.1, where Zuul's console does not look for the stream of a command's output, so that no task waits
for one; the output is in the console when the command has ended.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from pocketcloud.services import HOST

from tests.support import sshd
from tests.zuul.rig.certificates import make_ssh_key
from tests.zuul.rig.errors import RigError
from tests.zuul.rig.layout import Layout
from tests.zuul.rig.ports import answers
from tests.zuul.rig.processes import Process

#: What tenants say of the node in the configuration of its provider. One that does asks for a node.
PLACEHOLDERS = ("NODE_HOST", "NODE_PORT", "NODE_USER", "NODE_PYTHON", "NODE_HOME")


def process(layout: Layout, port: int, environment: Mapping[str, str], pip: Mapping[str, str]) -> Process:
    """The SSH server, not started. Zuul's key opens it; `pip` is what pip is told there by environment variables.

    :raises RigError: there is no sshd.
    """
    place, home = layout.root / "node", _home(layout)
    home.mkdir(parents=True)
    make_ssh_key(place / "host_key")
    public = (layout.certificates / "id_rsa.pub").read_text()
    (place / "authorized_keys").write_text(public)
    # a home of its own, so that Ansible and pip leave nothing in the user's
    variables = " ".join(f'"{name}={value}"' for name, value in {**pip, "HOME": str(home)}.items())
    try:
        command = sshd.command(place, port, f"SetEnv {variables}")
    except FileNotFoundError as error:
        raise RigError(str(error)) from None
    return Process("sshd", layout.root, command, environment, lambda: answers(port))


def placeholders(layout: Layout, port: int) -> dict[str, str]:
    """The values of PLACEHOLDERS."""
    # not the one of a venv: jobs make their own
    python = os.path.realpath(sys.executable)
    return dict(zip(PLACEHOLDERS, (HOST, str(port), getpass.getuser(), python, str(_home(layout))), strict=True))


def _home(layout: Layout) -> Path:
    """What the environment there calls home. Ansible goes by the user's entry in passwd: jobs have to be told."""
    return layout.root / "node" / "home"
