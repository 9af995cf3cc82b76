"""How a genuine SSH server is configured that runs as the current user, on loopback."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support import packages

_SETTINGS = """\
ListenAddress 127.0.0.1:{port}
HostKey {place}/host_key
AuthorizedKeysFile {place}/authorized_keys
AuthenticationMethods publickey
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
PidFile none
LogLevel VERBOSE
MaxStartups 100
{more}
"""
_PRIVILEGE_SEPARATION = Path("/run/sshd")
"""As root, sshd wants this folder, which only an init system makes."""


def command(place: Path, port: int, more: str = "") -> list[str]:
    """What runs it in the foreground; it says what it does on standard error.

    :param place: its folder, where its ``host_key`` and ``authorized_keys`` are.
    :param more: further settings.
    :raises FileNotFoundError: there is no sshd.
    """
    program = packages.program("sshd")
    if program is None:
        raise FileNotFoundError("there is no sshd; apt-get install openssh-server")
    if os.getuid() == 0:
        _PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
    (place / "sshd_config").write_text(_SETTINGS.format(port=port, place=place, more=more))
    return [program, "-D", "-e", "-f", str(place / "sshd_config")]
