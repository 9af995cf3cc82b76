"""What the machine must have beside what guests in namespaces need."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from pocketcloud.errors import PocketcloudError
from pocketcloud.guests.preconditions import PATH
from pocketcloud.layout import Layout

#: Each program with the package of Debian that has it.
PROGRAMS = {
    "libvirtd": "libvirt-daemon",
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "dropbear": "dropbear-bin",
    "busybox": "busybox-static",
}
#: The same for files.
FILES = {
    "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so": "libvirt-daemon-driver-qemu",
    "/usr/lib/ipxe/qemu/pxe-virtio.rom": "ipxe-qemu",
    "/usr/lib/python3/dist-packages/libvirt.py": "python3-libvirt",
}
BINDING = Path("/usr/lib/python3/dist-packages")
MODULES = ("libvirt.py", "libvirtmod.*.so")
HIDDEN = ("/etc", "/run", "/var/lib", "/var/cache", "/var/log")
KERNEL_PACKAGE = "linux-image-cloud-amd64"


def missing_packages() -> list[str]:
    """The packages to install."""
    found = {name: shutil.which(name) or shutil.which(name, path=PATH) for name in PROGRAMS}
    absent = {package for name, package in PROGRAMS.items() if not found[name]}
    return sorted(absent | {package for file, package in FILES.items() if not Path(file).exists()})


def check(layout: Layout) -> None:
    """Raise PocketcloudError, with everything that can be said at once, unless such guests can be had here."""
    if any(layout.root.is_relative_to(place) for place in HIDDEN):
        raise PocketcloudError(
            f"{layout.root} is below one of {', '.join(HIDDEN)}, where the cloud's libvirtd sees its own files",
            "choose another directory",
        )
    if missing := missing_packages():
        raise PocketcloudError(
            "virtual machines need packages that are not installed",
            f"install them (Debian: apt-get install --no-install-recommends {' '.join(missing)})",
        )
    tried = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.append({str(BINDING)!r}); import libvirt"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if tried.returncode:
        said = (tried.stderr.strip().splitlines() or ["?"])[-1]
        raise PocketcloudError(
            f"libvirt's binding of python3-libvirt does not work with {sys.executable} ({said})",
            "use the Python of the distribution, or one of the same version",
        )
