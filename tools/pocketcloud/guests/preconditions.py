"""What the machine must have and allow for packets and guests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from pocketcloud.errors import PocketcloudError
from pocketcloud.guests import namespaces
from pocketcloud.guests.names import Names
from pocketcloud.layout import Layout

#: Each program with the package of Debian and Ubuntu that has it.
PROGRAMS = {
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "mount": "mount",
    "ovsdb-server": "openvswitch-switch",
    "ovs-vswitchd": "openvswitch-switch",
    "ovs-vsctl": "openvswitch-switch",
    "ovs-ofctl": "openvswitch-switch",
    "ovn-northd": "ovn-central",
    "ovn-nbctl": "ovn-central",
    "ovn-controller": "ovn-host",
    "haproxy": "haproxy",
    "iptables": "iptables",
    "ethtool": "ethtool",
    "busybox": "busybox-static",
    "curl": "curl",
    "sshd": "openssh-server",
    "ssh-keygen": "openssh-client",
    "dhclient": "isc-dhcp-client",
    "dropbear": "dropbear-bin",
    "sudo": "sudo",
}
#: Programs of administrators may not be on a user's PATH.
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def program(name: str) -> str:
    """The full path of a program that `check` found."""
    return shutil.which(name) or shutil.which(name, path=PATH) or name


def missing_packages() -> list[str]:
    """The packages to install."""
    found = {name: shutil.which(name) or shutil.which(name, path=PATH) for name in PROGRAMS}
    return sorted({package for name, package in PROGRAMS.items() if not found[name]})


def check(layout: Layout) -> None:
    """Raise PocketcloudError, with everything that can be said at once, unless guests can be had on this machine."""
    if sys.platform != "linux":
        raise PocketcloudError("guests need Linux", "leave out --guests")
    if os.geteuid() != 0:
        raise PocketcloudError("guests need root, for network namespaces and mounts", "run it as root")
    if missing := missing_packages():
        raise PocketcloudError(
            f"guests need programs that are not installed: {', '.join(_lacking(missing))}",
            f"install them (Debian and Ubuntu: apt-get install {' '.join(missing)})",
        )
    name = f"{Names(layout.root).prefix}try"
    try:
        namespaces.make(name)
        command = ["nsenter", f"--net={namespaces.PLACE / name}", "unshare", "--mount", "--pid", "--fork",
                   "mount", "-t", "tmpfs", "tmpfs", "/tmp"]  # fmt: skip # noqa: S108 - in a mount namespace of its own
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
        if tried.returncode:
            raise PocketcloudError(f"a namespace cannot be used: {tried.stderr.strip()}", "see the line above")
    except PocketcloudError as error:
        raise PocketcloudError(
            f"this machine does not allow network namespaces and mounts ({error.what})",
            "use a virtual machine, or a privileged container",
        ) from None
    finally:
        namespaces.remove(name)


def _lacking(packages: list[str]) -> list[str]:
    return [name for name, package in PROGRAMS.items() if package in packages]
