"""The results of a run: one model, built from a journal, that every output is a view of."""

from __future__ import annotations

from pathlib import Path

from stackprobe.journal import FILENAME, JournalContent, stream
from stackprobe.results.build import build
from stackprobe.results.model import Call, Check, Note, Problem, Resource, Results, Scenario, Step
from stackprobe.results.outcome import Outcome, exit_code, worst_of
from stackprobe.results.recorded import take_service_levels

__all__ = [
    "Call",
    "Check",
    "Note",
    "Outcome",
    "Problem",
    "Resource",
    "Results",
    "Scenario",
    "Step",
    "build",
    "exit_code",
    "from_directory",
    "worst_of",
]


def from_directory(directory: str | Path) -> Results:
    """Results of the run whose ``journal.jsonl`` lies in a directory, with what was found about its service levels.

    :raises stackprobe.errors.UsageError: there is no journal, or it is none.
    """
    content = JournalContent(Path(directory) / FILENAME)
    results = build(content, stream(content))
    take_service_levels(Path(directory), results)
    return results
