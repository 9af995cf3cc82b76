"""Sending to a Graphite, and waiting until it is there."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from pathlib import Path

from pocketgraphite import Graphite
from stackprobe.commands import send
from stackprobe.graphite.points import Point

PATIENCE_S = 60.0


def deliver(directory: Path, address: str | None, *options: str) -> int:
    """``stackprobe send``; without an address, to where the options say. Its exit code."""
    parser = argparse.ArgumentParser()
    send.add_arguments(parser)
    given = ["--graphite", address] if address else []
    return send.execute(parser.parse_args([str(directory), *given, "--wait", "0", *options]))


def wait_until_written(graphite: Graphite, what: Iterable[Point]) -> None:
    """Return when every series of these points exists: its values are then shown, from the store or carbon's memory."""
    end = time.monotonic() + PATIENCE_S
    files = {_file(graphite, point.name) for point in what}
    while files and time.monotonic() < end:
        files = {file for file in files if not file.exists()}
        time.sleep(0.1)
    assert not files, f"{len(files)} series were not made, such as {next(iter(files))}"


def _file(graphite: Graphite, name: str) -> Path:
    return (graphite.root / "storage" / "whisper").joinpath(*name.split(".")).with_suffix(".wsp")
