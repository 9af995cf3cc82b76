"""The disk of a guest: a directory with what is its own. The programs are the machine's, mounted read-only."""

from __future__ import annotations

import shutil
from pathlib import Path

USERS = {"root": (0, "/root"), "guest": (1000, "/home/guest")}  # who may log in: name → number, home
SYSTEM_USERS = {"sshd": (100, "/run/sshd"), "nobody": (65534, "/")}
SHADOW_DAY = 19000  # the passwords, which nobody has, were changed that day
ETC = {
    "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
    "group": "root:x:0:\ntty:x:5:\nnogroup:x:65534:\nguest:x:1000:\n",
    "ssh/sshd_config": (
        "HostKey /etc/ssh/ssh_host_ed25519_key\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nUsePAM no\nUseDNS no\nPrintMotd no\nSubsystem sftp internal-sftp\n"
        "MaxStartups 100\n"
    ),
}
COPIED = ("services", "protocols", "ld.so.cache", "localtime")
DIRECTORIES = (
    *("etc/ssl", "etc/alternatives", "proc", "sys", "dev", "run", "tmp", "mnt", "root/.ssh", "home/guest/.ssh"),
    *("var/log", "var/tmp", "var/lib", "var/empty", "usr"),
)


def ensure(directory: Path, hostname: str) -> None:
    """Make the disk, unless it is there already."""
    if (directory / "etc" / "hostname").exists():
        return
    for name in DIRECTORIES:
        (directory / name).mkdir(parents=True, exist_ok=True)
    for name in ("tmp", "var/tmp"):
        (directory / name).chmod(0o1777)
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        there = Path("/") / name
        if there.is_symlink():
            (directory / name).symlink_to(there.readlink())
        elif there.is_dir():
            (directory / name).mkdir()  # where init mounts the machine's
    etc = directory / "etc"
    (etc / "ssh").mkdir()
    for name, text in ETC.items():
        (etc / name).write_text(text)
    for name in COPIED:
        if (Path("/etc") / name).is_file():
            shutil.copy(Path("/etc") / name, etc / name)
    accounts = [(name, number, home, "/bin/bash") for name, (number, home) in USERS.items()]
    accounts += [(name, number, home, "/usr/sbin/nologin") for name, (number, home) in SYSTEM_USERS.items()]
    lines = [f"{name}:x:{number}:{_group(number)}::{home}:{shell}\n" for name, number, home, shell in accounts]
    (etc / "passwd").write_text("".join(lines))
    (etc / "shadow").write_text("".join(f"{name}:*:{SHADOW_DAY}:0:99999:7:::\n" for name, *_ in accounts))
    (etc / "shadow").chmod(0o600)
    (etc / "hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {hostname}\n::1 localhost\n")
    for number, home in USERS.values():
        place = directory / home.lstrip("/")
        for path in (place, place / ".ssh"):
            path.chmod(0o700)
            shutil.chown(path, number, number)
    (etc / "hostname").write_text(f"{hostname}\n")  # the last one: it says that the disk is whole


def _group(number: int) -> int:
    return number if number in (0, 1000) else 65534
