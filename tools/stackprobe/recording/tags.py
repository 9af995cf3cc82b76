"""What the tags of an Ansible task say of it: ``metric=create_server``, ``service=compute``, ``az=eu-de-01``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Tags:
    """What is known from tags; the last tag of a kind counts, as the one nearest to the task."""

    metric: str | None = None
    service: str | None = None
    zone: str | None = None


_FIELDS = {"metric": "metric", "service": "service", "az": "zone"}


def parse(tags: Any) -> Tags:
    """The tags that mean something here; others, and those without a value, are left alone.

    :param tags: a text with commas, or a list of such texts.
    """
    found: dict[str, str] = {}
    for tag in flattened(tags):
        kind, separator, value = tag.partition("=")
        if separator and kind.strip() in _FIELDS and value.strip():
            found[_FIELDS[kind.strip()]] = value.strip()
    return Tags(**found)


def flattened(tags: Any) -> Iterable[str]:
    """Each tag by itself."""
    if isinstance(tags, str):
        yield from (part.strip() for part in tags.split(","))
    elif isinstance(tags, (list, tuple, set)):
        for one in tags:
            yield from flattened(one)
    elif tags is not None:
        yield str(tags)
