"""Tells the session of tasks that failed without the step engine's knowledge.

A step reports itself. But a task may fail before its step is executed (an undefined variable in its arguments), or be
no step at all; with ``ignore_errors`` Ansible passes over both, and the scenario would look as if all had been well.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from stackprobe_client import SessionGone, ask


class Watch:
    """Stands in for the queue through which a worker hands in the result of its task.

    :param queue: the queue of the running Ansible.
    """

    def __init__(self, queue: Any, task: Any, host: Any, variables: Mapping[str, Any]) -> None:
        self._queue, self._task, self._scenario = queue, task, host.name
        self._socket = variables.get("probe_socket")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    def send_task_result(self, *args: Any, **kwargs: Any) -> Any:
        if self._socket:
            with contextlib.suppress(Exception):  # Ansible's insides may change; the task's result must get through
                result, ignored = _parts(*args, **kwargs)
                if result.get("failed") and not _told(result):
                    self._tell(result, ignored)
        return self._queue.send_task_result(*args, **kwargs)

    def _tell(self, result: Mapping[str, Any], ignored: bool) -> None:
        file, line = task_position(self._task)
        hidden = bool(result.get("_ansible_no_log"))
        with contextlib.suppress(SessionGone):
            ask(
                str(self._socket),
                {
                    "op": "task_failed",
                    "scenario": self._scenario,
                    "name": self._task.name or self._task.action,
                    "action": self._task.action,
                    "ignored": ignored,
                    "message": "its result is hidden (no_log)" if hidden else str(result.get("msg") or result),
                    "file": file,
                    "line": line,
                },
            )


def task_position(task: Any) -> tuple[str | None, int | None]:
    """File and line of a task, as far as Ansible tells: ``roles/…/main.yaml`` and a number."""
    path, _, line = str(task.get_path() or "").rpartition(":")
    if "/roles/" in path:
        path = "roles/" + path.rsplit("/roles/", 1)[1]
    return (path or None), (int(line) if line.isdigit() else None)


def _parts(*args: Any, task_fields: Mapping[str, Any] | None = None) -> tuple[Mapping[str, Any], bool]:
    """A result and whether its failure is ignored, out of what the various releases of Ansible hand in."""
    if len(args) == 1:  # ansible-core 2.19: one object
        return args[0]._return_data, bool(args[0].task_fields.get("ignore_errors"))
    result = args[2]
    if isinstance(result, Mapping):  # up to 2.18: host, task, result and, by name, the task's fields
        return result, bool((task_fields or {}).get("ignore_errors"))
    return result.as_result_dict(), bool(result.ignore_errors)  # since 2.20: host, task, result


def _told(result: Mapping[str, Any]) -> bool:
    """Whether the step engine has judged the task, or in a loop each failed one of it."""
    items = [one for one in result.get("results") or [] if isinstance(one, Mapping) and one.get("failed")]
    return all("outcome" in one for one in items) if items else "outcome" in result
