"""What was found about a run before, and lies beside its journal."""

from __future__ import annotations

from pathlib import Path

from stackprobe.results.model import Note, Results


def take_service_levels(directory: Path, results: Results) -> None:
    """Put what service_levels.json says into the results; where it says nothing, judge without earlier runs.

    What needs earlier runs is unknown then, and says why.
    """
    if not results.known:
        return
    from stackprobe.service_levels import recording  # noqa: PLC0415  # it is made of results itself

    try:
        found = recording.read(directory)
    except recording.Unreadable as error:
        results.notes.append(Note("warning", str(error)))
        found = None
    if found is not None and found.run_id != results.run_id:
        results.notes.append(Note("warning", f"{recording.FILENAME} is of another run and is not used"))
        found = None
    if found is None and results.rules:
        from stackprobe.service_levels.judging import evaluate  # noqa: PLC0415  # few runs come here

        found = evaluate(results, None, "earlier runs were not asked for: the run ended before its rules were judged")
    results.service_levels = found
