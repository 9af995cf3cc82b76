"""Removes what dead runs left in a project, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import keystoneauth1.exceptions
import openstack.exceptions
from openstack.connection import Connection

from stackprobe.cloud import scope_of, secrets_of
from stackprobe.errors import UsageError
from stackprobe.liveness import dead_runs, forget, wait_while_ending
from stackprobe.naming import DEFAULT_PREFIX, MAX_DEADLINE_S
from stackprobe.parallel import run_all
from stackprobe.redact import Scrubber
from stackprobe.resources import KINDS
from stackprobe.sweep.leftovers import Leftover, Survey, authenticate, find_leftovers, of_runs, survey
from stackprobe.sweep.removal import Removal, remove
from stackprobe.sweep.report import SweepReport

__all__ = ["Leftover", "SweepReport", "find_leftovers", "sweep"]

DEADLINE_S = 600.0
ENDING_PATIENCE_S = 60.0
_AUTHENTICATION_DEADLINE_S = 60.0
_LONG_AGO_S = MAX_DEADLINE_S + 86400


def sweep(
    connection: Connection,
    *,
    prefix: str = DEFAULT_PREFIX,
    older_than_s: float | None = None,
    dry_run: bool = False,
    deadline_s: float = DEADLINE_S,
    tell: Callable[[str], None] = lambda text: None,
) -> SweepReport:
    """Delete what dead runs left in the token's own project; see :func:`stackprobe.sweep.leftovers.judge` for which.

    Runs that are ending on this machine get up to 60 s to remove their resources themselves.

    :param older_than_s: resources of runs that this machine knows nothing of are deleted when they are older than this
        by the cloud's clock (s); by default, when their run is over by its own deadline.
    :param deadline_s: the sweep ends after this time (s) at the latest; what is not gone by then has failed.
    :param tell: called with a line when the sweep waits for something.
    :raises UsageError: the credentials are refused or not for a project, or the region is unknown.
    """
    deadline = time.monotonic() + deadline_s
    scrub = Scrubber(secrets_of(connection))
    until = min(deadline, time.monotonic() + _AUTHENTICATION_DEADLINE_S)
    first = run_all({"token": lambda: authenticate(connection)}, deadline=until)
    if first.failed:
        error = first.failed["token"]
        if isinstance(error, UsageError):
            raise error
        seen, removal = Survey([], dict.fromkeys(KINDS, error)), Removal()
    else:
        seen = survey(connection, prefix, older_than_s)
        ending = of_runs(seen.leftovers, "wait")
        if ending and not dry_run:
            tell(f"waiting up to {ENDING_PATIENCE_S:.0f} s for {len(ending)} run(s) of this machine to end")
            wait_while_ending(ending, min(ENDING_PATIENCE_S, deadline - time.monotonic()))
            seen = survey(connection, prefix, older_than_s)
        removal = _remove(connection, seen, dry_run, deadline, tell)
        if not dry_run:
            _forget_dead_runs(connection, seen, removal)
    return SweepReport(
        cloud=scope_of(connection),
        dry_run=dry_run,
        deleted=tuple(removal.deleted),
        kept=tuple(_kept(leftover) for leftover in seen.leftovers if leftover.verdict != "remove"),
        failed=tuple((leftover, scrub(_reason(error))) for leftover, error in removal.failed.items()),
        unlisted=tuple((kind, scrub(_reason(error))) for kind, error in seen.unlisted.items()),
    )


def _remove(
    connection: Connection, seen: Survey, dry_run: bool, deadline: float, tell: Callable[[str], None]
) -> Removal:
    dead = [leftover for leftover in seen.leftovers if leftover.verdict == "remove"]
    if dry_run or not dead:
        return Removal(deleted=dead)
    tell(f"deleting {len(dead)} resource(s) of {len({leftover.run for leftover in dead})} dead run(s)")
    return remove(connection, dead, deadline)


def _kept(leftover: Leftover) -> Leftover:
    if leftover.verdict == "wait":
        return replace(leftover, reason=f"{leftover.reason} and was not done in time")
    return leftover


def _forget_dead_runs(connection: Connection, seen: Survey, removal: Removal) -> None:
    """Drop the lock files of dead runs of this cloud of which nothing is left, and of runs of long ago."""
    if seen.unlisted:
        return
    left = {leftover.run.text for leftover in removal.failed}
    for run in dead_runs():
        of_here = run.scope == scope_of(connection) and run.run_id not in left
        if of_here or time.time() - run.seen > _LONG_AGO_S:
            forget(run.run_id)


def _reason(error: Exception) -> str:
    """An error in one line."""
    request_id = getattr(error, "request_id", None)
    text = " ".join(str(error).split())[:500] or type(error).__name__
    if isinstance(error, (openstack.exceptions.SDKException, keystoneauth1.exceptions.ClientException)):
        return text + (f" (request {request_id})" if request_id else "")
    return text if isinstance(error, TimeoutError) else f"{type(error).__name__}: {text}"
