"""A quota, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import openstack.connection

from stackprobe.engine.classify import StepFailure


class Unreadable(StepFailure):
    """A service's answer about its quotas is not what its API promises; the message says what it lacks."""


@dataclass(frozen=True)
class Quota:
    """The quota of one resource in the token's project.

    :param resource: one of :data:`stackprobe.needs.RESOURCES`.
    :param limit: None where there is none.
    """

    resource: str
    limit: int | None
    used: int

    @property
    def free(self) -> int | None:
        """What is left, never less than nothing; None without a limit."""
        return None if self.limit is None else max(0, self.limit - self.used)

    @classmethod
    def of(cls, resource: str, limit: Any, used: Any) -> Quota:
        """A quota as an API tells it: -1 (or nothing) as the limit means that there is none.

        :raises Unreadable: these are no numbers.
        """
        if isinstance(limit, bool) or not isinstance(limit, int | None) or not isinstance(used, int):
            raise Unreadable(f"the cloud says of {resource} that {used!r} of {limit!r} are used")
        return cls(resource, None if limit is None or limit < 0 else limit, used)


Reader = Callable[[openstack.connection.Connection, Collection[str]], Mapping[str, Quota]]
"""Reads the quotas of some resources; may raise whatever a request can raise, and :class:`Unreadable`."""


def member(answer: Any, *path: str) -> dict[str, Any]:
    """The mapping at ``path`` of an answer.

    :raises Unreadable: it is not there.
    """
    found = answer
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        raise Unreadable(f"the answer holds no `{'.'.join(path)}`")
    return found


def from_limits(absolute: Mapping[str, Any], names: Mapping[str, tuple[str, str]]) -> dict[str, Quota]:
    """Quotas out of the absolute limits of an API: the names of limit and usage, by resource. Those not there are left
    out: older releases do not have all of them."""
    return {
        resource: Quota.of(resource, absolute[limit], absolute[used])
        for resource, (limit, used) in names.items()
        if limit in absolute and used in absolute
    }
