"""What the tags of an Ansible task say of it: ``metric=create_server``, ``service=compute``, ``az=eu-de-01``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Tags:
    """What is known from tags.

    :ivar metrics: every figure that the task is a part of, as in ApiMon, sorted: Ansible shuffles a task's own tags.
    :ivar service: the first tag of its kind counts, ``zone`` likewise: Ansible has a task's own tags before those of
        the blocks and the play around it.
    """

    metrics: tuple[str, ...] = ()
    service: str | None = None
    zone: str | None = None


_METRIC = "metric"
_FIELDS = {"service": "service", "az": "zone"}


def parse(tags: Any) -> Tags:
    """The tags that mean something here; others, and those without a value, are left alone.

    :param tags: a text with commas, or a list of such texts.
    """
    found: dict[str, str] = {}
    metrics: set[str] = set()
    for tag in flattened(tags):
        kind, value = (part.strip() for part in tag.partition("=")[::2])
        if value and kind == _METRIC:
            metrics.add(value)
        elif value and kind in _FIELDS:
            found.setdefault(_FIELDS[kind], value)
    return Tags(tuple(sorted(metrics)), **found)


def flattened(tags: Any) -> Iterable[str]:
    """Each tag by itself."""
    if isinstance(tags, str):
        yield from (part.strip() for part in tags.split(","))
    elif isinstance(tags, (list, tuple, set)):
        for one in tags:
            yield from flattened(one)
    elif tags is not None:
        yield str(tags)


def with_zone_of(tags: Tags, result: Mapping[str, Any]) -> Tags:
    """The same with the availability zone among the arguments of the module, where no tag names one, as in ApiMon."""
    invocation = result.get("invocation")
    arguments = invocation.get("module_args") if isinstance(invocation, Mapping) else None
    zone = arguments.get("availability_zone") if isinstance(arguments, Mapping) else None
    return tags if tags.zone or not isinstance(zone, str) or not zone else replace(tags, zone=zone)
