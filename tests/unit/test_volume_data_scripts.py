"""The scripts of the scenario volume_data, run as in a guest, on a file in place of a disk."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

FILES = Path(__file__).parents[2] / "roles" / "probe_volume_data" / "files"
MIB = 1 << 20


def run(script: str, *arguments: object, path: str = "") -> Any:
    """What a script prints."""
    with open(FILES / script, "rb") as stream:
        environment = {**os.environ, "PATH": path + os.environ["PATH"]}
        words = ["sh", "-s", *map(str, arguments)]
        done = subprocess.run(words, stdin=stream, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_what_was_written_is_told_apart_from_anything_else(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(4 * MIB))
    written = run("write.sh", disk, 3)
    assert run("read.sh", disk, 3)["sha256"] == written["sha256"]
    assert written["bytes"] == 3 * MIB
    assert abs(written["mb_per_s"] - written["bytes"] / written["seconds"] / 1e6) < written["mb_per_s"] / 10
    first, second = disk.read_bytes()[:MIB], disk.read_bytes()[MIB : 2 * MIB]
    assert first != second, "blocks that were swapped would be seen"
    disk.write_bytes(second + first + disk.read_bytes()[2 * MIB :])
    assert run("read.sh", disk, 3)["sha256"] != written["sha256"]
    assert run("write.sh", disk, 3)["sha256"] != written["sha256"], "what was there before proves nothing"


def test_a_dd_that_tells_no_time_is_timed(tmp_path: Path) -> None:
    (tmp_path / "dd").write_text("#!/bin/sh\nPATH=${PATH#*:}\ndd \"$@\" 2>/dev/null\necho '3+0 records out' >&2\n")
    (tmp_path / "dd").chmod(0o755)
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(MIB))
    written = run("write.sh", disk, 1, path=f"{tmp_path}:")
    assert run("read.sh", disk, 1, path=f"{tmp_path}:")["sha256"] == written["sha256"]
    assert written["mb_per_s"] > 0
