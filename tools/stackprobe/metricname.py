"""The parts of a metric's name."""

from __future__ import annotations

import re

LONGEST_PART = 100
"""Longest part of a name. A part is a file or directory name of Graphite's store, where 255 bytes are the end."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def part(text: str) -> str:
    """One part of a name: what Graphite would take for a separator, a pattern or a path becomes ``_``."""
    return _UNSAFE.sub("_", text.encode("ascii", "replace").decode())[:LONGEST_PART] or "_"


def key_of(step: str) -> str:
    """The key of a step, its name in metrics: ``Create the network`` → ``create_the_network``."""
    return re.sub(r"[^a-z0-9]+", "_", step.lower()).strip("_") or "step"
