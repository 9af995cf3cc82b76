"""What clouds and regions are called in metrics: each pair must have a name of its own."""

from __future__ import annotations

from collections.abc import Iterator

from stackprobe.config.levels import Level, Path, levels
from stackprobe.errors import UsageError
from stackprobe.metricname import part
from stackprobe.yamlfile import Document


def labels(document: Document) -> Iterator[UsageError]:
    """Clouds, and regions of one cloud, that share a name."""
    found = list(levels(document.data or {}))
    clouds = [level for level in found if level.cloud is not None and level.region is None]
    yield from _shared(document, "clouds", clouds)
    for cloud in clouds:
        regions = [level for level in found if level.cloud == cloud.cloud and level.region is not None]
        yield from _shared(document, "regions", regions)


def _shared(document: Document, what: str, siblings: list[Level]) -> Iterator[UsageError]:
    first: dict[str, Level] = {}
    for level in siblings:
        name = part(str(level.own.get("label") or _name(level)))
        if name not in first:
            first[name] = level
            continue
        other = first[name]
        line = document.position(_where(other), at_key="label" not in other.own)[0]
        yield document.error(
            _where(level),
            f"the {what} `{_name(other)}` (line {line}) and `{_name(level)}` are both called `{name}` in metrics",
            remedy="give one of them another `label`",
            at_key="label" not in level.own,
        )


def _name(level: Level) -> str:
    return str(level.region if level.region is not None else level.cloud)


def _where(level: Level) -> Path:
    return (*level.path, "label") if "label" in level.own else level.path
