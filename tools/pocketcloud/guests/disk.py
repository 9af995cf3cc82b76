"""The disk of a guest: a directory with what is its own. The programs are the machine's, mounted read-only, or few."""

from __future__ import annotations

import shutil
from pathlib import Path

from pocketcloud.guests import small
from pocketcloud.guests.userlands import Userland

SYSTEM_USERS = {"sshd": (100, "/run/sshd"), "nobody": (65534, "/")}
NOGROUP = 65534
SHADOW_DAY = 19000  # the passwords, which nobody has, were changed that day
ETC = {
    "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
    "group": "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n",
    "shells": "/bin/sh\n/bin/bash\n",
    "pam.d/sudo": "auth sufficient pam_permit.so\naccount sufficient pam_permit.so\nsession sufficient pam_permit.so\n",
    "ssh/sshd_config": (
        "HostKey /etc/ssh/ssh_host_ed25519_key\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nUsePAM no\nUseDNS no\nPrintMotd no\nSubsystem sftp internal-sftp\n"
        "MaxStartups 100\n"
    ),
}
COPIED = ("services", "protocols", "ld.so.cache", "localtime")
DIRECTORIES = (
    *("etc/ssl", "etc/alternatives", "etc/ssh", "etc/pam.d", "proc", "sys", "dev", "run", "tmp", "mnt", "root"),
    *("var/log", "var/tmp", "var/lib", "var/empty", "usr"),
)


def ensure(directory: Path, hostname: str, userland: Userland) -> None:
    """Make the disk, unless it is there already."""
    if (directory / "etc" / "hostname").exists():
        return
    for name in DIRECTORIES:
        (directory / name).mkdir(parents=True, exist_ok=True)
    for name in ("tmp", "var/tmp"):
        (directory / name).chmod(0o1777)
    if userland.small:
        small.furnish(directory)
    else:
        _make_room_for_the_machines(directory)
    if userland.cloud_init:
        (directory / "etc" / "cloud").mkdir()
    etc = directory / "etc"
    for name, text in ETC.items():
        (etc / name).write_text(text)
    for name in COPIED:
        if (Path("/etc") / name).is_file():
            shutil.copy(Path("/etc") / name, etc / name)
    (etc / "pocketcloud").write_text(userland.boot)
    (etc / "pocketcloud.hidden").write_text("".join(f"{path}\n" for path in userland.hidden))
    _accounts(directory, userland)
    (etc / "hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {hostname}\n::1 localhost\n")
    (etc / "hostname").write_text(f"{hostname}\n")  # the last one: it says that the disk is whole


def _make_room_for_the_machines(directory: Path) -> None:
    """Where init mounts what is the machine's."""
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        there = Path("/") / name
        if there.is_symlink():
            (directory / name).symlink_to(there.readlink())
        elif there.is_dir():
            (directory / name).mkdir()


def _accounts(directory: Path, userland: Userland) -> None:
    etc = directory / "etc"
    (directory / "root").chmod(0o700)
    users = {"root": (0, "/root"), **userland.users}
    accounts = [(name, number, home, userland.login_shell) for name, (number, home) in users.items()]
    accounts += [(name, number, home, "/usr/sbin/nologin") for name, (number, home) in SYSTEM_USERS.items()]
    groups = {number: number if (number, home) in users.values() else NOGROUP for _, number, home, _ in accounts}
    lines = [f"{name}:x:{number}:{groups[number]}::{home}:{shell}\n" for name, number, home, shell in accounts]
    (etc / "passwd").write_text("".join(lines))
    with open(etc / "group", "a") as stream:
        stream.writelines(f"{name}:x:{number}:\n" for name, (number, _) in userland.users.items() if number)
    (etc / "shadow").write_text("".join(f"{name}:*:{SHADOW_DAY}:0:99999:7:::\n" for name, *_ in accounts))
    (etc / "shadow").chmod(0o600)
    if userland.sudo:
        (etc / "sudoers").write_text("".join(f"{name} ALL=(ALL) NOPASSWD: ALL\n" for name in userland.users))
        (etc / "sudoers").chmod(0o440)
    for number, home in userland.users.values():
        place = directory / home.lstrip("/")
        for path in (place, place / ".ssh"):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o700)
            shutil.chown(path, number, number)
