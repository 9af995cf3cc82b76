"""What all step actions share: hand the task to the session, turn its answer into a result of Ansible's."""

from __future__ import annotations

from typing import Any

import thread_worker
from ansible.plugins.action import ActionBase
from stackprobe_client import SessionGone, ask, socket_path
from task_watch import task_position

thread_worker.install()


class StepAction(ActionBase):
    """A task that is one step. Subclasses only name their kind."""

    kind = ""
    _supports_check_mode = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        file, line = task_position(self._task)
        request = {
            "op": "step",
            "kind": self.kind,
            "scenario": variables.get("inventory_hostname"),
            "name": self._task.name or f"probe_{self.kind}",
            "file": file,
            "line": line,
            # YAML 1.1 reads an argument `on` as a truth value.
            "arguments": {"on" if name is True else name: value for name, value in self._task.args.items()},
        }
        try:
            answer = ask(socket_path(variables), request)
        except SessionGone as error:
            return {"failed": True, "msg": str(error)}
        outcome, message = answer.get("outcome"), answer.get("message") or ""
        if answer.get("remedy"):
            message = f"{message}. Remedy: {answer['remedy']}"
        result = {
            "changed": False,
            "outcome": outcome,
            "result": answer.get("result"),
            "duration_ms": answer.get("duration_ms"),
            "began": answer.get("began"),
            "msg": f"{outcome}: {message}" if message else str(outcome),
        }
        if outcome == "skipped":
            result["skipped"] = True
        elif answer.get("fatal"):
            result["failed"] = True
        return result
