"""Removes what a scenario made and did not remove itself. Every removal is a measured step."""

from __future__ import annotations

import time

from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import PASSED, StepFailure, Verdict, status_of
from stackprobe.engine.core import Engine
from stackprobe.engine.ledger import Entry
from stackprobe.engine.steps import Step
from stackprobe.resources import KINDS, StillThere

PER_RESOURCE_S = 120.0
"""The longest that one removal may take, in seconds."""
SETTLE_S = 10.0
"""How long a resource whose creation got no answer is looked for by name, in seconds: the cloud may still be at it."""
BELIEVE_S = 15.0
"""How long an accepted delete is waited for before it is sent again, in seconds."""
RETRY_S = 1.0


def tear_down(engine: Engine, scenario: str, ends: float) -> None:
    """Remove every resource of ``scenario``, the youngest first, until ``ends`` (monotonic seconds) at the latest."""
    engine.abandon(scenario)
    engine.connections.close(scenario)
    for entry in reversed(engine.ledger.of(scenario)):
        _remove(engine, entry, ends)


def _remove(engine: Engine, entry: Entry, ends: float) -> None:
    what = entry.name.removeprefix(engine.own_prefix).removeprefix(f"{entry.scenario}-")
    step = Step("teardown", entry.scenario, f"Tear down {entry.kind.replace('_', ' ')} {what}", {})
    execution = engine.execution(step)
    activity, start = execution.activity, execution.began
    activity.deadline = max(start + 1.0, min(start + PER_RESOURCE_S, ends))
    activity.latest = max(activity.deadline, ends)
    _, verdict = engine.performer.perform(activity, lambda: _until_gone(engine, entry, activity))
    if verdict is None:
        entry.repeated = False
        engine.ledger.forget(entry)
    else:
        engine.ledger.leftover(entry)
        verdict = Verdict(verdict.outcome, f"left over: {verdict.message}", "run stackprobe sweep", verdict.status)
    execution.duration_ms, execution.deadline_ms = execution.elapsed_ms(), (activity.deadline - start) * 1000
    engine.record(execution, verdict or Verdict(PASSED, ""))


def _until_gone(engine: Engine, entry: Entry, activity: Activity) -> None:
    """Delete until it is gone: again after refusals that pass (409 while in use, 5xx) and deletes that did nothing."""
    kind, connection = KINDS[entry.kind], engine.connection
    settle_until = 0.0 if entry.settled else time.monotonic() + SETTLE_S
    while True:
        try:
            identities = _identities(engine, entry)
            for identity in identities:
                kind.delete(connection, identity, activity.deadline)
            for identity in identities:
                kind.wait_gone(connection, identity, min(activity.deadline, time.monotonic() + BELIEVE_S))
            if identities or time.monotonic() >= settle_until:
                return
        except StillThere as error:
            if activity.remaining() <= RETRY_S:
                raise StepFailure(str(error)) from error
        except Exception as error:
            if activity.remaining() <= RETRY_S or not _passing(error, activity):
                raise
        if activity.remaining() <= RETRY_S:
            raise StepFailure(f"the {entry.kind} could not be removed in time")
        time.sleep(RETRY_S)


def _identities(engine: Engine, entry: Entry) -> list[str]:
    """The resource's id; where none came, or the cloud does not know the one that it gave, whatever has its name."""
    kind = KINDS[entry.kind]
    if entry.identity and not entry.repeated and not kind.is_gone(engine.connection, entry.identity):
        return [entry.identity]
    return [one.id for one in kind.find(engine.connection, entry.name)]


def _passing(error: Exception, activity: Activity) -> bool:
    status = status_of(error)
    last = activity.last_call()
    return status in (400, 409, 429) or (status or 0) >= 500 or (status is None and last is not None and last.broken)
