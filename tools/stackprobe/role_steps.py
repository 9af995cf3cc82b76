"""The steps of a scenario, read from the files of its role: what limits can be set for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackprobe import content
from stackprobe.config.known import Steps
from stackprobe.metricname import key_of
from stackprobe.yamlfile import Document

_NO_STEPS = frozenset(
    {"probe_join", "probe_finish", "probe_session", "probe_end", "probe_build", "probe_login", "probe_turn"}
)
_FILES = ("import_tasks", "include_tasks")
_ROLES = ("import_role", "include_role")
_BLOCKS = ("block", "rescue", "always")
_COLLECTIONS = ("", "ansible.builtin.", "ansible.legacy.")


def read(role: Path) -> Steps:
    """The steps of a role, with those of the files and roles that it imports or includes.

    :raises UsageError: one of the files cannot be read.
    """
    reader = _Reader()
    reader.take_file(role, "main")
    return Steps({key_of(name): name for name in reader.names}, reader.complete)


@dataclass
class _Reader:
    names: list[str] = field(default_factory=list)
    complete: bool = True
    _seen: set[Path] = field(default_factory=set)

    def take_file(self, role: Path, name: str, beside: Path | None = None) -> None:
        file = _file(role, name, beside)
        if file is None:
            self.complete = False
        elif file not in self._seen:
            self._seen.add(file)
            self._take_tasks(role, file, Document.read(file, "file of tasks").data)

    def _take_tasks(self, role: Path, file: Path, tasks: Any) -> None:
        for task in tasks if isinstance(tasks, list) else []:
            if not isinstance(task, Mapping):
                continue
            for part in _BLOCKS:
                self._take_tasks(role, file, task.get(part))
            for arguments in _actions(task, _FILES):
                name = arguments.get("file") if isinstance(arguments, Mapping) else arguments
                self.take_file(role, str(name or ""), file.parent)
            for arguments in _actions(task, _ROLES):
                self._take_role(role, arguments if isinstance(arguments, Mapping) else {})
            if any(_is_step(str(key), value) for key, value in task.items()):
                self._take_step(str(task.get("name") or ""))

    def _take_role(self, role: Path, arguments: Mapping[str, Any]) -> None:
        name = str(arguments.get("name") or "")
        folders = [role.parent / name, content.roles() / name]
        found = next((folder for folder in folders if name and "{" not in name and folder.is_dir()), None)
        if found is None:
            self.complete = False
        else:
            self.take_file(found, str(arguments.get("tasks_from") or "main"))

    def _take_step(self, name: str) -> None:
        if not name or "{" in name:
            self.complete = False
        else:
            self.names.append(name)


def _is_step(action: str, arguments: Any) -> bool:
    if action == "probe_join" and isinstance(arguments, Mapping) and arguments.get("measure"):
        return True
    return action.startswith("probe_") and action not in _NO_STEPS


def _actions(task: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[Any]:
    for collection in _COLLECTIONS:
        for name in names:
            if collection + name in task:
                yield task[collection + name]


def _file(role: Path, name: str, beside: Path | None) -> Path | None:
    """The file of tasks that is called so; None where that cannot be told."""
    name = name.replace("{{ role_path }}", str(role))
    if not name or "{" in name:
        return None
    for folder in (role / "tasks", *([beside] if beside else [])):
        for path in (folder / name, folder / f"{name}.yaml", folder / f"{name}.yml"):
            if path.is_file():
                return path.resolve()
    return None
