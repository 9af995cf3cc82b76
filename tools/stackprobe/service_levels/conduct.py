"""Judges the service levels of a run that has just ended, with whatever history there is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from stackprobe.config.model import Config, Target
from stackprobe.errors import UsageError
from stackprobe.history.model import History, HistoryUnavailable
from stackprobe.results import Results
from stackprobe.service_levels import recording
from stackprobe.service_levels.judging import DAMPED, evaluate
from stackprobe.service_levels.verdict import Evaluation


@dataclass(frozen=True)
class Asked:
    """Where a command was told to look for earlier runs.

    :param config: what the configuration says about it counts where the rest says nothing.
    :param directory: past runs, as ``stackprobe keep`` makes them.
    :param url: the base address of graphite-web.
    """

    config: Config
    directory: Path | None = None
    url: str | None = None

    def open(self, results: Results) -> History | None:
        """The history of the cloud and region of a run, by the names that its figures have; None where there is none.

        :raises UsageError: it cannot be opened.
        """
        from stackprobe.history.opening import open_history  # noqa: PLC0415  # few runs have rules

        target = replace(
            self.config.anywhere,
            cloud=results.cloud,
            prefix=results.prefix,
            region=results.region or "default",
            label=results.label,
            region_label=results.region_label,
        )
        return open_history(self.config, target, directory=self.directory, url=self.url)

    def target(self, results: Results) -> Target:
        """The settings of the cloud and region of a run; the general ones where the configuration does not name it."""
        try:
            return self.config.target(results.cloud, results.region)
        except UsageError:
            return self.config.anywhere


def judge_run(directory: Path, results: Results, asked: Asked) -> Evaluation | None:
    """Judge, write service_levels.json into the directory, and put what was found into the results.

    Nothing is done where the run has neither rules nor a damped verdict, nor where it was judged before with its
    history known: what was found then stays.

    :param asked: where the history is; that it cannot be opened is a reason why nothing is known of earlier runs.
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
        history = asked.open(results)
    except (UsageError, HistoryUnavailable, OSError) as error:
        blind = f"earlier runs are not known: {error}"
    found = evaluate(results, history, blind, asked.target(results))
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
