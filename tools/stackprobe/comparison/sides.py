"""A side of a comparison from the runs that an operator names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stackprobe.comparison.model import Side
from stackprobe.outputs import wording
from stackprobe.outputs.clean import one_line
from stackprobe.results.loading import load_each


def side(paths: Sequence[Path]) -> Side:
    """The runs of some directories as one side.

    :raises stackprobe.errors.UsageError: one of them is no run.
    """
    found = Side("")
    places: dict[str, None] = {}
    moment = ""
    for results in load_each(paths):
        found.statistics.add(results)
        found.runs.append(one_line(results.run_id, 100))
        places[one_line(wording.place(results), 100)] = None
        moment = wording.moment(results.start_t)
    what = moment if len(found.runs) == 1 else wording.counted(len(found.runs), "run")
    found.name = f"{', '.join(places)}, {what}"
    return found
