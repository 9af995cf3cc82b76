"""Reads the roles of a run before it begins.

Ansible ends the whole play when it comes to a role that it cannot read (a mistake in YAML, an unknown action): one
broken scenario would take all others with it. Read beforehand, it is the only one that does not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.playbook.helpers import load_list_of_blocks
from ansible.playbook.role import Role
from ansible.playbook.role.include import RoleInclude

_PLACE = re.compile(r"(?:Origin: |appears to be in ')(?P<file>[^:'\n]+)'?: ?(?:line )?(?P<line>\d+)")


@dataclass(frozen=True)
class Problem:
    """Why a role cannot be read, and where."""

    message: str
    file: str | None
    line: int | None


def problem_of(role_name: str, task: Any, loader: Any) -> Problem | None:
    """What is wrong with a role in the eyes of the running Ansible; None if it can be read.

    :param task: the task on whose behalf we ask; it knows the play.
    :param loader: the loader of the running Ansible.
    """
    play, variables = task._parent._play, task.get_variable_manager()
    try:
        include = RoleInclude.load(role_name, play=play, variable_manager=variables, loader=loader)
        role = Role.load(include, play, from_include=True)
        role.compile(play=play)
        tasks = Path(role._role_path, "tasks")
        for file in sorted(tasks.glob("**/*.y*ml")):  # what it may include; main was read with the role
            if file.parent == tasks and file.stem == "main":
                continue
            blocks = loader.load_from_file(str(file))
            if blocks:
                load_list_of_blocks(blocks, play=play, role=role, variable_manager=variables, loader=loader)
    except AnsibleError as error:
        return _described(error)
    return None


def _described(error: BaseException) -> Problem:
    message = " ".join(str(error).split())
    for one in reversed(list(_chain(error))):
        for text in (getattr(one, "_formatted_source_context", None), str(one)):
            if place := _PLACE.search(str(text or "")):
                file = place["file"]
                if "/roles/" in file:
                    file = "roles/" + file.rsplit("/roles/", 1)[1]
                return Problem(message, file, int(place["line"]))
    return Problem(message, None, None)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
