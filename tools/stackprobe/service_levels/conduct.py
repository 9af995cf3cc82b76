"""Judges the service levels of a run that has just ended, with whatever history there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.history.model import History, HistoryUnavailable
from stackprobe.results import Results
from stackprobe.service_levels import recording
from stackprobe.service_levels.judging import DAMPED, evaluate
from stackprobe.service_levels.verdict import Evaluation

Opening = Callable[[], History | None]


def judge_run(directory: Path, results: Results, opening: Opening) -> Evaluation | None:
    """Judge, write service_levels.json into the directory, and put what was found into the results.

    Nothing is done where the run has neither rules nor a damped verdict, nor where it was judged before with its
    history known: what was found then stays.

    :param opening: opens the history; what it raises is the reason why nothing is known of earlier runs.
    :returns: what was found; None where nothing was to be judged.
    :raises UsageError: the file cannot be written.
    """
    if not results.known or not (results.rules or results.verdict_mode == DAMPED):
        return None
    judged = results.service_levels
    if judged is not None and judged.blind is None:
        return judged
    history, blind = None, None
    try:
        history = opening()
    except (UsageError, HistoryUnavailable, OSError) as error:
        blind = f"earlier runs are not known: {error}"
    found = evaluate(results, history, blind)
    results.service_levels = found
    try:
        recording.write(directory, found)
    except OSError as error:
        raise UsageError(
            f"cannot write it: {error.strerror}",
            file=directory / recording.FILENAME,
            remedy="check permissions and free space",
        ) from error
    return found
