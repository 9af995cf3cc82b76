"""What a cloud with guests could leave on the machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pocketcloud.guests import loop
from pocketcloud.guests.names import Names
from pocketcloud.guests.namespaces import PLACE


def _printed(*words: str) -> list[str]:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()


def machine() -> dict[str, list[str]]:
    """Devices, addresses, routes and rules of the machine itself."""
    return {
        "links": sorted(line.split(":")[1] for line in _printed("ip", "-o", "link")),
        "addresses": sorted(_printed("ip", "-o", "-4", "address")),
        "routes": sorted(_printed("ip", "route")),
        "rules": sorted(_printed("ip", "rule")),
        "packet filter": [line for line in _printed("iptables-save") if not line.startswith(("#", ":"))],
    }


def traces(root: Path) -> dict[str, list[str]]:
    """Whatever of the machine bears the name of the cloud in this directory, by kind; empty kinds left out."""
    names = Names(root)
    marks = (str(root), names.prefix.rstrip("-"))
    found = {
        "namespaces": [path.name for path in PLACE.glob("*") if path.name.startswith(names.prefix)],
        "mounts": [line for line in Path("/proc/self/mounts").read_text().splitlines() if _marked(line, marks)],
        "run": [str(path) for path in Path("/run").iterdir() if path == names.run],
        "loop devices": [f"{name} {file}" for name, file in loop.below(root)],
        "processes": [],
    }
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if _marked(line, marks):
            found["processes"].append(line)
    return {kind: those for kind, those in found.items() if those}


def _marked(text: str, marks: tuple[str, ...]) -> bool:
    return any(mark in text for mark in marks)
