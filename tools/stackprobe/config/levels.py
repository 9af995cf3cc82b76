"""The levels of a configuration: what holds in general, for a cloud, for a region; the nearer one goes first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
Settings = Mapping[str, Any]

_MERGED = {"options": 2, "within": 2, "common": 1, "repeat": 1, "service_levels": 1}
"""Keys of which a nearer level replaces parts, and how deep these lie; any other is replaced as a whole."""
_OF_ONE_LEVEL = ("label", "regions")
"""Keys that say something of their own level alone."""


@dataclass(frozen=True)
class Level:
    """One level.

    :param path: where its keys stand.
    :param own: the keys that stand there.
    :param outer: the levels around it, the outermost first.
    """

    path: Path
    own: Settings
    outer: tuple[Level, ...] = ()
    cloud: str | None = None
    region: str | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """What holds here, as far as the file says."""
        merged: dict[str, Any] = {}
        for level in (*self.outer, self):
            for key, value in level.own.items():
                if key in _MERGED:
                    merged[key] = _merge(merged.get(key, {}), value, _MERGED[key])
                elif key not in _OF_ONE_LEVEL:
                    merged[key] = value
        return merged

    def gathered(self, key: str) -> list[Any]:
        """The items of a list whose levels add up, those of the outermost first."""
        return [item for level in (*self.outer, self) for item in level.own.get(key) or ()]

    def place(self, key: str) -> Path:
        """Where the value of ``key`` stands that holds here; this level where nothing does."""
        for level in (self, *reversed(self.outer)):
            if key in level.own:
                return (*level.path, key)
        return self.path


def levels(data: Settings) -> Iterator[Level]:
    """Every level of a configuration, in the order of the file."""
    general = Level((), data)
    yield general
    for cloud, own in (data.get("clouds") or {}).items():
        of_cloud = Level(("clouds", cloud), own or {}, (general,), cloud)
        yield of_cloud
        yield from _regions(of_cloud)


def targets(data: Settings) -> Iterator[Level]:
    """The levels that are one cloud and region each; one without a region where a cloud names none."""
    found = [level for level in levels(data) if level.cloud is not None]
    for level in found:
        if level.region is not None or not level.own.get("regions"):
            yield level


def _regions(cloud: Level) -> Iterator[Level]:
    regions = cloud.own.get("regions") or []
    for index, region in enumerate(regions):
        own = (regions[region] or {}) if isinstance(regions, Mapping) else {}
        path = (*cloud.path, "regions", region if isinstance(regions, Mapping) else index)
        yield Level(path, own, (*cloud.outer, cloud), cloud.cloud, region)


def _merge(outer: Settings, inner: Settings, depth: int) -> Settings:
    if depth == 1:
        return {**outer, **inner}
    return {key: _merge(outer.get(key, {}), inner.get(key, {}), depth - 1) for key in {**outer, **inner}}
