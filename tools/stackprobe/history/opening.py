"""Which history there is: what the command line names goes before what ``probes.yaml`` names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stackprobe.config.model import Config, Target
from stackprobe.errors import UsageError
from stackprobe.history.archive import ArchiveHistory
from stackprobe.history.graphite import GraphiteHistory
from stackprobe.history.model import History
from stackprobe.history.render import RenderClient
from stackprobe.metricname import part



def open_history(
    config: Config,
    target: Target,
    *,
    directory: Path | None = None,
    url: str | None = None,
    say: Callable[[str], None] | None = None,
) -> History | None:
    """The history of a cloud and region; None where neither the command line nor the configuration names one.

    A target without a region is the only region that the history has.

    :param directory: past runs, as ``stackprobe keep`` makes them; ``url``: the base address of graphite-web.
    :param say: is told what a directory holds that cannot be used; by default on standard error.
    :raises UsageError: both are given, the directory is none, or the address is malformed.
    """
    if directory is not None and url is not None:
        raise UsageError("two histories are given", remedy="give a directory or the address of a graphite-web")
    if directory is not None and not directory.is_dir():
        raise UsageError("this is not a directory", file=directory, remedy="give the one that `stackprobe keep` fills")
    if directory is None and url is None:
        directory = config.history.directory
    region = target.metric_region(target.region) if target.region or target.region_label else None
    if directory is not None:
        return ArchiveHistory(directory, target.metric_cloud, region, say=say)
    url = url or (config.graphite.url if config.graphite else None)
    if url is None:
        return None
    # what a run calls its figures where `graphite` does not say it: as its resources
    prefix = config.graphite.prefix if config.graphite else target.prefix
    root = [*filter(None, prefix.split(".")), target.metric_cloud]
    parts = [*map(part, root), "*" if region is None else part(region)]
    return GraphiteHistory(RenderClient(url, config.history.timeout_s), ".".join(parts))
