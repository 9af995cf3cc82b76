"""The naming ``stackprobe``: ``<prefix>.<cloud>.<region>.<scenario>.<step>[.<zone>].<figure>``."""

from __future__ import annotations

from collections.abc import Iterator

from stackprobe.metricname import part
from stackprobe.namings.figures import figures
from stackprobe.results import Results


def points(results: Results, prefix: str | None = None) -> Iterator[tuple[str, float]]:
    """Name and value of every figure, each name once.

    :param prefix: the first parts of every name, in the place of what the run says.
    """
    root = ".".join(root_of(results, prefix))
    for figure in figures(results):
        yield ".".join((root, *figure.subject.path, figure.leaf)), figure.value


def root_of(results: Results, prefix: str | None = None) -> tuple[str, ...]:
    """The parts that every name of a run begins with: prefix, cloud, region."""
    given = results.metrics_prefix if prefix is None else prefix
    return (*(part(piece) for piece in given.split(".") if piece), *place_of(results))


def place_of(results: Results) -> tuple[str, str]:
    """Cloud and region as parts of a name."""
    cloud, region = results.label or results.cloud, results.region_label or results.region or "default"
    return part(cloud), part(region)
