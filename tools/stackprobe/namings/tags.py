"""The naming ``tags``: Graphite's tagged series, ``<prefix>.step.duration_ms;cloud=…;region=…;scenario=…;step=…``.

What a figure is of stands in tags, so that dashboards ask by meaning and not by position:
``seriesByTag('name=stackprobe.api.count', 'service=compute', 'status=5*')``. Carbon has to have ``ENABLE_TAGS``.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackprobe.metricname import part
from stackprobe.namings.figures import figures
from stackprobe.namings.stackprobe import place_of
from stackprobe.results import Results


def points(results: Results, prefix: str | None = None) -> Iterator[tuple[str, float]]:
    """Name and value of every figure, each name once; tags in the order that Graphite puts them in."""
    given = results.metrics_prefix if prefix is None else prefix
    root = ".".join(part(piece) for piece in given.split(".") if piece)
    of_run = common(results)
    for figure in figures(results):
        yield named(f"{root}.{figure.subject.kind}.{figure.leaf}", {**of_run, **figure.subject.tags}), figure.value


def common(results: Results) -> dict[str, str]:
    """The tags that every series of a run has."""
    cloud, region = place_of(results)
    found = {"cloud": cloud, "region": region}
    for tag, label in (("environment", results.environment), ("zone", results.zone)):
        if label:
            found[tag] = part(label)
    return found


def named(name: str, tags: dict[str, str]) -> str:
    """A tagged name as Graphite writes it."""
    return ";".join((name, *(f"{tag}={value}" for tag, value in sorted(tags.items()))))
