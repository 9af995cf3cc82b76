"""Deletes leftovers in the order of their dependencies, again and again while that helps."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import keystoneauth1.exceptions
import openstack.exceptions
from openstack.connection import Connection

from stackprobe.parallel import run_all
from stackprobe.resources import KINDS
from stackprobe.sweep.leftovers import Leftover

ITEM_DEADLINE_S = 60.0
"""How long one resource may take to go, in each pass."""
_BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 8.0)
_NO_ANSWER = (TimeoutError, keystoneauth1.exceptions.ConnectionError)


@dataclass
class Removal:
    """What became of the leftovers: each is in one of the two."""

    deleted: list[Leftover] = field(default_factory=list)
    failed: dict[Leftover, Exception] = field(default_factory=dict)


def remove(connection: Connection, leftovers: Collection[Leftover], deadline: float) -> Removal:
    """Delete leftovers and wait until they are gone.

    One that cannot be deleted yet is tried again after everything else, since what it waits for may be gone by then. A
    service that does not answer is left alone until the next pass, so that the others get their turn.

    :param deadline: on the monotonic clock.
    """
    removal = Removal(failed={leftover: TimeoutError("there was no time left for it") for leftover in leftovers})
    for pause_s in (*_BACK_OFF_S, None):
        _one_pass(connection, removal, deadline)
        again = [leftover for leftover, error in removal.failed.items() if not _is_final(error)]
        if not again or pause_s is None or time.monotonic() + pause_s >= deadline:
            return removal
        time.sleep(pause_s)
    return removal


def _one_pass(connection: Connection, removal: Removal, deadline: float) -> None:
    silent: set[str] = set()
    waiting = [leftover for leftover, error in removal.failed.items() if not _is_final(error)]
    for order in sorted({KINDS[leftover.found.kind].order for leftover in waiting}):
        jobs = {
            leftover: _deleter(connection, leftover, deadline)
            for leftover in waiting
            if KINDS[leftover.found.kind].order == order and KINDS[leftover.found.kind].service not in silent
        }
        results = run_all(jobs, deadline=min(deadline, time.monotonic() + 3 * ITEM_DEADLINE_S))
        for leftover in results.done:
            removal.deleted.append(leftover)
            del removal.failed[leftover]
        for leftover, error in results.failed.items():
            removal.failed[leftover] = error
            if isinstance(error, _NO_ANSWER):
                silent.add(KINDS[leftover.found.kind].service)


def _deleter(connection: Connection, leftover: Leftover, deadline: float) -> Callable[[], None]:
    kind, identity = KINDS[leftover.found.kind], leftover.found.id

    def delete() -> None:
        until = min(deadline, time.monotonic() + ITEM_DEADLINE_S)
        kind.delete(connection, identity, until)
        kind.wait_gone(connection, identity, until)

    return delete


def _is_final(error: Exception) -> bool:
    """Whether trying again cannot help."""
    return isinstance(error, openstack.exceptions.ForbiddenException)
