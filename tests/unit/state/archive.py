"""A directory of past runs, written as `stackprobe keep` leaves it, from a history in memory."""

from __future__ import annotations

from pathlib import Path

from stackprobe.history.batch import run_fields
from stackprobe.history.compact import FORMAT, encode, path_of

from tests.support.memory_history import MemoryHistory
from tests.unit.state.worlds import NOW_T

_ALL = ["*.*", "*.*.*"]


def write(
    directory: Path, history: MemoryHistory, cloud: str = "demo", region: str = "one", *, until_t: float = NOW_T
) -> Path:
    """Write every run of a history as a compact record."""
    figures = history.figures(_ALL, 0, until_t)
    for run in history.runs(0, until_t):
        record = {
            "format": FORMAT,
            "cloud": cloud,
            "region": region,
            "label": None,
            "region_label": None,
            **run_fields(run),
            "figures": {name: one.value for name, samples in figures.items() for one in samples if one.t == run.t},
        }
        file = directory / path_of(record)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode(record))
    return directory
