"""What a playbook says about the failure of a task: found in the task and in the blocks around it.

Works on Ansible's own objects without importing Ansible: a task, its blocks and includes are linked by ``_parent``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackprobe.recording.verdict import IGNORED, RESCUED

PLAY_WIDE = "the whole play ignores errors and could never fail: it counts all the same"


def handling(task: Any, ignored: bool, attribute: str = "ignore_errors") -> tuple[str | None, str]:
    """``ignored``, ``rescued`` or None, and a remark.

    :param ignored: whether Ansible goes on as if nothing had happened.
    :param attribute: the keyword that makes it so.

    That a play as a whole ignores errors is no statement on this task: such a failure counts.
    """
    if ignored:
        return (IGNORED, "") if _says_so(task, attribute) else (None, PLAY_WIDE)
    return (RESCUED, "") if attribute == "ignore_errors" and is_rescued(task) else (None, "")


def is_rescued(task: Any) -> bool:
    """Whether the task stands in a block that has a ``rescue``, and not in that rescue or its ``always``."""
    below = task
    for parent in _parents(task):
        if getattr(parent, "rescue", None) and _contains(getattr(parent, "block", None) or [], below):
            return True
        below = parent
    return False


def _says_so(task: Any, attribute: str) -> bool:
    """Whether the keyword stands at the task, a block, an include or a role around it, rather than at the play."""
    nodes = [task, *_parents(task)]
    if any(isinstance(read := getattr(node, "_ds", None), dict) and attribute in read for node in nodes):
        return True
    roles = [role for node in nodes if (role := getattr(node, "_role", None)) is not None]
    return any(isinstance(getattr(role, f"_{attribute}", None), (bool, str)) for role in roles)


def _parents(task: Any) -> Iterator[Any]:
    node, steps = getattr(task, "_parent", None), 0
    while node is not None and steps < 200:
        yield node
        node, steps = getattr(node, "_parent", None), steps + 1


def _contains(tasks: list[Any], wanted: Any) -> bool:
    return any(one is wanted or getattr(one, "_uuid", None) == getattr(wanted, "_uuid", 0) for one in tasks)
