"""``probe_delete``: delete a resource of this run and see it gone. Deleting is a measured step like any other."""

from __future__ import annotations

from typing import Any

from stackprobe.engine.classify import StepError, StepFailure
from stackprobe.engine.steps.base import Step, StepContext, StepKind
from stackprobe.engine.steps.wait import FIRST_POLL_S, poll
from stackprobe.resources import KINDS
from stackprobe.resources.rest import request

_SLOW = frozenset({"compute", "block_storage"})
"""Services that only begin to delete when they answer: asked at once they are never done, and the next question is a
second away."""


class DeleteStep(StepKind):
    """Deletes the resource of ``kind`` with the id ``id`` and asks until the cloud no longer knows it.

    A cloud that says "deleted" and still has it at the deadline has failed.
    """

    name = "delete"
    required = frozenset({"kind", "id"})
    optional = frozenset()
    default_deadline_s = 120.0

    def run(self, context: StepContext, step: Step) -> Any:
        kind, identity = KINDS.get(str(step.arguments["kind"])), str(step.arguments["id"])
        if kind is None:
            raise StepError(f"probe_delete knows no kind `{step.arguments['kind']}`; it knows {', '.join(KINDS)}")
        entry = context.ledger.find(kind.name, identity)
        if entry is None:
            raise StepError(f"this run has created no {kind.name} {identity}: it deletes nothing else")
        # Not Kind.delete: that one removes what is in the way and takes a 404 for a success, as a clean-up must.
        request(context.connection, kind.service, "DELETE", kind._one(context.connection, identity))
        first_s = FIRST_POLL_S if kind.service in _SLOW else 0.0
        poll(context, lambda: {"status": kind._status(context.connection, identity)}, _gone, first_s)
        context.ledger.forget(entry)
        return None


def _gone(answer: dict[str, Any]) -> bool:
    if answer["status"] and "error_deleting" in answer["status"]:
        raise StepFailure(f"it went into {answer['status']} instead of being deleted")
    return answer["status"] is None
