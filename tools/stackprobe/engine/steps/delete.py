"""``probe_delete``: delete a resource of this run and see it gone. Deleting is a measured step like any other."""

from __future__ import annotations

from typing import Any

from stackprobe.engine.classify import StepError, StepFailure
from stackprobe.engine.ledger import Entry
from stackprobe.engine.steps.base import Step, StepContext, StepKind
from stackprobe.engine.steps.wait import FIRST_POLL_S, poll
from stackprobe.resources import KINDS, Kind
from stackprobe.resources.rest import request

_SLOW = frozenset({"compute", "block_storage", "orchestration", "load_balancer", "dns", "shared_file_system"})
"""Services that only begin to delete when they answer: asked at once they are never done, and the next question is a
second away."""


class DeleteStep(StepKind):
    """Deletes the resource of ``kind`` with the id ``id`` and asks until the cloud no longer knows it.

    A cloud that says "deleted" and still has it at the deadline has failed. With ``by_itself`` no delete is sent, since
    the cloud does it of itself (the root disk of a deleted server). Of what was made ``along``, ``id`` is the name.
    """

    name = "delete"
    required = frozenset({"kind", "id"})
    optional = frozenset({"by_itself"})
    default_deadline_s = 120.0

    def run(self, context: StepContext, step: Step) -> Any:
        kind, identity = KINDS.get(str(step.arguments["kind"])), str(step.arguments["id"])
        if kind is None:
            raise StepError(f"probe_delete knows no kind `{step.arguments['kind']}`; it knows {', '.join(KINDS)}")
        entry = context.ledger.find(kind.name, identity)
        if entry is None:
            raise StepError(f"this run has created no {kind.name} {identity}: it deletes nothing else")
        if str(step.arguments.get("by_itself") or "false").lower() == "false":
            # Not Kind.delete: that one removes what is in the way and takes a 404 for a success, as a clean-up must.
            for one in _ids(context, kind, entry):
                request(context.connection, kind.service, "DELETE", kind._deletion(context.connection, one))
        request_ms = context.activity.wire_ms() or 0.0
        first_s = FIRST_POLL_S if kind.service in _SLOW else 0.0
        poll(context, lambda: {"status": _status(context, kind, entry)}, _gone, first_s)
        context.duration_ms = request_ms + (context.duration_ms or 0.0)
        context.ledger.forget(entry)
        return None


def _ids(context: StepContext, kind: Kind, entry: Entry) -> list[str]:
    """Its id; of something whose id is not known, that of what has its name.

    :raises StepFailure: nothing has.
    """
    found = [entry.identity] if entry.identity else [one.id for one in kind.find(context.connection, entry.name)]
    if not found:
        raise StepFailure(f"there is no {kind.name} {entry.name} to delete")
    return found


def _status(context: StepContext, kind: Kind, entry: Entry) -> str | None:
    """Its status, None when it is gone; of something whose id is not known, that of what has its name."""
    if entry.identity:
        return kind._status(context.connection, entry.identity)
    return next((one.status for one in kind.find(context.connection, entry.name)), None)


def _gone(answer: dict[str, Any]) -> bool:
    if answer["status"] and "error_deleting" in answer["status"]:
        raise StepFailure(f"it went into {answer['status']} instead of being deleted")
    return answer["status"] is None
