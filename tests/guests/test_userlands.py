"""What the disks of guests hold, by the distribution that their image names."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from pocketcloud.guests import disk, small, userlands


@pytest.mark.parametrize(
    ("distribution", "user", "sudo"),
    [(None, "guest", False), ("debian", "guest", False), ("CirrOS", "cirros", True), ("flatcar", "core", True)],
)
def test_a_guest_has_the_account_of_its_distribution(
    distribution: str | None, user: str, sudo: bool, tmp_path: Path
) -> None:
    disk.ensure(tmp_path, "web", userlands.of(distribution))
    lines = (tmp_path / "etc/passwd").read_text().splitlines()
    home = next(line.split(":")[5] for line in lines if line.startswith(f"{user}:"))
    keys = tmp_path / home.lstrip("/") / ".ssh"
    assert keys.stat().st_uid == userlands.of(distribution).users[user][0] and keys.stat().st_mode & 0o77 == 0
    assert (tmp_path / "etc/sudoers").exists() is sudo


def test_a_guest_like_those_of_cirros_has_busybox_and_no_program_of_the_machine(tmp_path: Path) -> None:
    small.furnish(tmp_path)
    for name in ("sh", "ping", "ip", "sha256sum", "udhcpc"):
        assert os.readlink(tmp_path / "bin" / name) == "busybox"
    shell = str(tmp_path / "bin" / "sh")

    def knows(name: str) -> bool:
        words = [shell, "-c", f"command -v {name}"]
        return subprocess.run(words, env={"PATH": "/nowhere"}, capture_output=True, check=False).returncode == 0

    assert [name for name in ("ping", "nslookup", "xzcat", "ar", *small.LACKED) if knows(name)] == [
        "ping", "nslookup", "xzcat", "ar",
    ]  # fmt: skip
    assert not [name for name in ("bash", "python3", "apt-get", "dpkg") if list(tmp_path.rglob(name))]
    for program in ("usr/sbin/dropbear", "usr/bin/sudo"):
        needed = small.libraries([tmp_path / program])
        assert [one for one in needed if not (tmp_path / str(one).lstrip("/")).exists()] == []


def test_a_guest_like_those_of_flatcar_lacks_programs_that_the_machine_has() -> None:
    hidden = userlands.of("flatcar").hidden
    assert {os.path.realpath(f"/usr/bin/{name}") for name in ("apt-get", "busybox", "bc", "fio")} <= set(hidden)
    assert "/usr/bin/ping" not in hidden
