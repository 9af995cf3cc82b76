"""What must be installed on the machine, as Debian and Ubuntu name it.

As a script: prints what is missing for the test environments that are named, or for all.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

#: Each package of a test environment, with the file or the program that shows that it is there.
NEEDED = {
    "zuul": {
        "zookeeper": "/usr/share/java/zookeeper.jar",
        "default-jre-headless": "java",
        "bubblewrap": "bwrap",
        "rsync": "rsync",
        "git": "git",
        "openssl": "openssl",
        "openssh-client": "ssh-agent",
        "openssh-server": "sshd",
        "mosquitto": "mosquitto",
        "procps": "ps",
        "util-linux": "setpriv",
    },
    "github": {
        "nodejs": "node",
        "npm": "npm",
        "git": "git",
        "rsync": "rsync",
        "systemd": "systemd-analyze",
        "util-linux": "flock",
    },
    "guests": {
        "iproute2": "ip",
        "iputils-ping": "ping",
        "util-linux": "nsenter",
        "mount": "mount",
        "openvswitch-switch": "ovs-vswitchd",
        "ovn-central": "ovn-northd",
        "ovn-host": "ovn-controller",
        "haproxy": "haproxy",
        "iptables": "iptables",
        "ethtool": "ethtool",
        "busybox-static": "busybox",
        "curl": "curl",
        "e2fsprogs": "mkfs.ext4",
        "isc-dhcp-client": "dhclient",
        "dropbear-bin": "dropbear",
        "sudo": "sudo",
        "openssh-client": "ssh",
        "openssh-server": "sshd",
        "bc": "bc",
        "fio": "fio",
        "iperf3": "iperf3",
    },
    "guests-qemu": {
        "libvirt-daemon": "libvirtd",
        "libvirt-daemon-driver-qemu": "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so",
        "qemu-system-x86": "qemu-system-x86_64",
        "qemu-utils": "qemu-img",
        "ipxe-qemu": "/usr/lib/ipxe/qemu/pxe-virtio.rom",
        "python3-libvirt": "/usr/lib/python3/dist-packages/libvirt.py",
        "mmdebstrap": "mmdebstrap",
    },
}
#: Programs of administrators may not be on a user's PATH.
PLACES = "/usr/sbin:/sbin:/usr/local/sbin"


def program(name: str) -> str | None:
    """The full path of a program, also of one for administrators."""
    return shutil.which(name) or shutil.which(name, path=PLACES)


def missing(*environments: str) -> list[str]:
    """Names of the packages that are needed and not installed."""
    signs = {package: sign for name in environments or NEEDED for package, sign in NEEDED.get(name, {}).items()}
    return [
        package
        for package, sign in signs.items()
        if not (Path(sign).exists() if sign.startswith("/") else program(sign))
    ]


if __name__ == "__main__":
    print("\n".join(missing(*sys.argv[1:])))
