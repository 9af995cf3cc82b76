"""A genuine Debian for OpenStack, made once of Debian's packages: what boots in it is Debian's, cloud-init above all.

Its packages are those of Debian's own cloud images, as far as they have a part in what a probe sees. It boots from a
kernel and an initial RAM disk that are images of their own, and its disk has one file system and no partitions.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from openstack.connection import Connection
from pocketcloud import cache
from pocketcloud.progress import Progress

NAME = "debian"
CODENAME = "bookworm"
PACKAGES = (
    *("linux-image-cloud-amd64", "initramfs-tools", "zstd", "systemd-sysv", "dbus", "udev", "libpam-systemd"),
    *("cloud-init", "cloud-guest-utils", "netplan.io", "libnss-resolve", "isc-dhcp-client", "netbase", "locales"),
    *("openssh-server", "sudo", "iproute2", "iputils-ping", "ca-certificates", "e2fsprogs", "python3", "less", "nano"),
)
DISK_MIB, RAM_MIB, FLAVOR_GB = 1400, 768, 2
COMMAND_LINE = "root=/dev/vda ro console=ttyS0"
SET_UP = """
echo '/dev/vda / ext4 rw,discard,errors=remount-ro 0 1' > "$1/etc/fstab"
printf 'datasource_list: [OpenStack, None]\\n' > "$1/etc/cloud/cloud.cfg.d/90_datasource.cfg"
rm -f "$1"/etc/ssh/ssh_host_*
: > "$1/etc/machine-id"
: > "$1/etc/hostname"
"""


def ensure() -> Path:
    """The directory with `disk.qcow2`, `vmlinuz` and `initrd`, made now if need be."""
    place = cache.directory() / f"debian-{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]}"
    with cache.locked(place.with_suffix(".lock"), "the image of Debian", Progress(quiet=True)):
        if not place.exists():
            partial = place.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            with tempfile.TemporaryDirectory(dir=place.parent) as directory:
                _make(Path(directory), partial)
            os.rename(partial, place)
    return place


def _make(work: Path, to: Path) -> None:
    tree, raw = work / "tree", work / "disk.raw"
    _run(
        "mmdebstrap", "--variant=apt", "--mode=root", "--format=directory", f"--include={','.join(PACKAGES)}",
        "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*", f"--customize-hook={SET_UP}", CODENAME, str(tree),
    )  # fmt: skip
    for kind in ("vmlinuz", "initrd"):
        shutil.copyfile(next((tree / "boot").glob(f"{kind}*")), to / kind)
    _run("mkfs.ext4", "-q", "-d", str(tree), str(raw), f"{DISK_MIB}M")
    _run("qemu-img", "convert", "-O", "qcow2", str(raw), str(to / "disk.qcow2"))


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr[-2000:]}"


def upload(admin: Connection) -> str:
    """Have the cloud know it, for everybody, as an operator does with Debian's image; its name."""
    if admin.image.find_image(NAME) is None:
        place, parts = ensure(), {}
        for kind, file in (("aki", "vmlinuz"), ("ari", "initrd")):
            parts[kind] = admin.image.create_image(
                name=f"{NAME}-{file}", filename=str(place / file), disk_format=kind, container_format=kind,
                visibility="public", validate_checksum=False,
            ).id  # fmt: skip
        admin.image.create_image(
            name=NAME, filename=str(place / "disk.qcow2"), disk_format="qcow2", container_format="bare",
            visibility="public", validate_checksum=False, min_disk=FLAVOR_GB, min_ram=RAM_MIB,
            kernel_id=parts["aki"], ramdisk_id=parts["ari"], os_command_line=COMMAND_LINE,
            os_distro="debian", hw_rng_model="virtio",
        )  # fmt: skip
    return NAME
