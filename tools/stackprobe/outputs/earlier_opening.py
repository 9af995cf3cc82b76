"""Finds the runs before one: in a directory of past runs, in Graphite, or where the operator says."""

from __future__ import annotations

from pathlib import Path

from stackprobe.config import load_config
from stackprobe.config.model import Config
from stackprobe.errors import UsageError
from stackprobe.history.archive import ArchiveHistory
from stackprobe.history.graphite import GraphiteHistory
from stackprobe.history.model import History
from stackprobe.history.render import RenderClient
from stackprobe.namings.stackprobe import root_of
from stackprobe.outputs import outputs, write_all
from stackprobe.outputs.earlier import Earlier, LastRun, gather
from stackprobe.results import Results


def earlier_of(
    results: Results,
    config: Config | None = None,
    *,
    directory: Path | None = None,
    url: str | None = None,
    last: LastRun | None = None,
) -> Earlier:
    """What is known of the runs before this one. What cannot be opened or read is a note of it, and no error.

    :param config: where to look when neither a directory nor the address of a graphite-web is given.
    """
    try:
        return gather(results, _opened(results, config, directory, url), last)
    except (UsageError, OSError) as error:
        told = gather(results, None, last)
        return Earlier(told.figures, {}, told.last, f"earlier runs could not be read: {error}")


def add_earlier(
    directory: Path,
    results: Results,
    config_file: Path | None,
    *,
    history: Path | None = None,
    url: str | None = None,
) -> None:
    """Write those reports of a run again that show earlier runs, where something says where they are.

    The reports are there before: whatever takes its time here, or goes wrong, costs no more than the trends. A run that
    was ended by a signal is about to be killed, and is left as it is.

    :param history: a directory of past runs; it and ``url`` go before what the configuration says.
    :param url: the base address of a graphite-web.
    :raises OutputError: a report could not be made with them.
    """
    if (results.end_reason or "").startswith("SIG"):
        return
    try:
        config = load_config(config_file)
    except UsageError:
        return  # who needs it says so
    if history or url or config.history.directory or (config.graphite and config.graphite.url):
        earlier = earlier_of(results, config, directory=history, url=url if history is None else None)
        write_all(directory, results, earlier, [output for output in outputs() if output.shows_earlier])


def _opened(results: Results, config: Config | None, directory: Path | None, url: str | None) -> History | None:
    """The history of the run's own cloud and region, called as the run itself calls them in metrics."""
    if directory is None and url is None and config is not None:
        directory = config.history.directory
        url = config.graphite.url if config.graphite and directory is None else None
    if directory is not None:
        if not directory.is_dir():
            return None
        region = results.region_label or results.region or "default"
        return ArchiveHistory(directory, results.label or results.cloud, region, say=lambda line: None)
    if url is not None:
        timeout_s = config.history.timeout_s if config else 10.0
        return GraphiteHistory(RenderClient(url, timeout_s), ".".join(root_of(results)))
    return None
