"""What guests are made of: the programs and the accounts that they have, chosen by what their image says it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = Path("/usr/bin"), Path("/usr/sbin")
SMALL_KEPT = "/var/lib/cirros"


@dataclass(frozen=True)
class Userland:
    """`users`: who may log in, name → number and home. `root`: one of them may become root by sudo.

    `lacks`: patterns of programs of the machine that are not there. `small`: none is, but busybox and dropbear.
    `settings`: more of what its boot is told (see init.sh and small.sh).
    """

    users: Mapping[str, tuple[int, str]]
    login_shell: str = "/bin/bash"
    sudo: bool = False
    lacks: tuple[str, ...] = ()
    small: bool = False
    cloud_init: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def boot(self) -> str:
        """Variables of the shell for what boots it."""
        homes = " ".join(home for _, home in self.users.values())
        values = {"homes": homes, "home": homes, "small": "yes" if self.small else "", **self.settings}
        return "".join(f"{name}='{value}'\n" for name, value in values.items())

    @property
    def hidden(self) -> list[str]:
        """The programs of the machine that it lacks: the files themselves, where they are links."""
        found = (path for place in PROGRAMS for pattern in self.lacks for path in place.glob(pattern))
        real = {os.path.realpath(path) for path in found if path.exists()}
        return sorted(path for path in real if path.startswith("/usr/"))


MACHINE = Userland({"root": (0, "/root"), "guest": (1000, "/home/guest")}, cloud_init=True)
#: By the property `os_distro` of an image. Each has what its original has of what scenarios might use.
BY_DISTRIBUTION = {
    "cirros": Userland(
        {"cirros": (1000, "/home/cirros")},
        login_shell="/bin/sh",
        sudo=True,
        small=True,
        settings={"kept": SMALL_KEPT, "key_types": "rsa ecdsa", "shown_types": "rsa"},
    ),
    "flatcar": Userland(
        {"core": (500, "/home/core")},
        sudo=True,
        lacks=(
            *("apt", "apt-*", "aptitude", "dpkg", "dpkg-*", "python*", "perl*", "pip*", "busybox"),
            *("bc", "dc", "fio", "iperf*", "gcc*", "cc", "make", "node", "npm", "nslookup", "host", "dig"),
        ),
    ),
}


def of(distribution: str | None) -> Userland:
    """The userland of a guest whose image is of this distribution; of an unknown one: that of the machine."""
    return BY_DISTRIBUTION.get((distribution or "").lower(), MACHINE)
