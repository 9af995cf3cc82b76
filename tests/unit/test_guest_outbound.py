"""The script by which guest_outbound has names resolved in a guest, with what programs of different guests print."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from stackprobe import content

SCRIPT = content.roles() / "probe_guest_outbound" / "files" / "resolve.sh"
BIND = """\
Server:\t\t192.0.2.53
Address:\t192.0.2.53#53

Non-authoritative answer:
www.example.com\tcanonical name = web.example.com.
Name:\tweb.example.com
Address: 198.51.100.7
Name:\tweb.example.com
Address: 2001:db8::7
"""
BUSYBOX = """\
Server:    192.0.2.53
Address 1: 192.0.2.53 ns.example.com

Name:      www.example.com
Address 1: 198.51.100.7 web.example.com
Address 2: 2001:db8::7
"""
NEW_BUSYBOX = """\
Server:\t\t192.0.2.53
Address:\t192.0.2.53:53

www.example.com\tcanonical name = web.example.com
Name:\tweb.example.com
Address: 198.51.100.7

Name:\tweb.example.com
Address: 2001:db8::7
"""
HOST = """\
Using domain server:
Name: 192.0.2.53
Address: 192.0.2.53#53
Aliases:

www.example.com is an alias for web.example.com.
web.example.com has address 198.51.100.7
web.example.com has IPv6 address 2001:db8::7
"""
GETENT = """\
198.51.100.7    STREAM web.example.com
198.51.100.7    DGRAM
2001:db8::7     STREAM
"""
NOT_FOUND = "Server:\t\t192.0.2.53\nAddress:\t192.0.2.53#53\n\n** server can't find www.example.com: NXDOMAIN\n"


def resolve(place: Path, programs: dict[str, str], *words: str) -> list[str]:
    """What the script prints where these programs are all that there is, which print that."""
    for name in ("sed", "cut", "sort", "cat", "sh"):
        (place / name).symlink_to(shutil.which(name) or name)
    for name, printed in programs.items():
        (place / f"{name}.out").write_text(printed)
        (place / name).write_text(f'#!/bin/sh\necho "$@" > {place}/asked\ncat {place}/{name}.out\n')
        (place / name).chmod(0o755)
    done = subprocess.run(
        [place / "sh", "-s", *words], input=SCRIPT.read_text(), env={"PATH": str(place)},
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    return done.stdout.split()


@pytest.mark.parametrize(
    ("program", "printed"),
    [("nslookup", BIND), ("nslookup", BUSYBOX), ("nslookup", NEW_BUSYBOX), ("host", HOST)],
    ids=["bind", "busybox", "busybox 1.30 and newer", "host"],
)
def test_a_name_server_is_asked_with_what_the_guest_has(tmp_path: Path, program: str, printed: str) -> None:
    found = resolve(tmp_path, {program: printed, "getent": "no"}, "www.example.com", "192.0.2.53")
    assert found == ["198.51.100.7", "2001:db8::7"], "not the address of the server"
    assert (tmp_path / "asked").read_text().split() == ["www.example.com", "192.0.2.53"]


def test_the_guests_own_resolver_is_asked_first_of_all(tmp_path: Path) -> None:
    assert resolve(tmp_path, {"getent": GETENT, "nslookup": "no"}, "www.example.com") == ["198.51.100.7", "2001:db8::7"]


def test_without_getent_another_program_asks_the_guests_own_resolver(tmp_path: Path) -> None:
    assert resolve(tmp_path, {"nslookup": BIND}, "www.example.com") == ["198.51.100.7", "2001:db8::7"]
    assert (tmp_path / "asked").read_text().split() == ["www.example.com"]


def test_a_name_that_does_not_exist_has_no_addresses(tmp_path: Path) -> None:
    assert resolve(tmp_path, {"nslookup": NOT_FOUND}, "www.example.com", "192.0.2.53") == []
