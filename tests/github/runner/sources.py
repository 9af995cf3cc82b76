"""Workflows and actions: how their YAML is read, and what `uses` refers to."""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.github.runner.errors import WorkflowError

SHA = re.compile(r"[0-9a-f]{40}")
#: What no commit of ours has; a checkout of GitHub has only what is committed.
UNCOMMITTED = (
    ".tox",
    ".venv",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".ansible",
    "build",
    "node_modules",
    "*.egg-info",
    "demo",  # what the first line of the README makes in a checkout
)


@dataclasses.dataclass(frozen=True)
class Source:
    """A repository at a commit, and the directory that stands for it."""

    repository: str
    sha: str
    directory: Path


@dataclasses.dataclass(frozen=True)
class Document:
    """A workflow or an action: its content, and where `$/` of it leads."""

    source: Source
    path: str
    content: dict[str, Any]

    @property
    def triggers(self) -> dict[str, Any]:
        """`on` of a workflow, by event."""
        on = self.content.get("on")
        if isinstance(on, dict):
            return {name: options or {} for name, options in on.items()}
        return {name: {} for name in ([on] if isinstance(on, str) else on or [])}


class _Loader(yaml.SafeLoader):
    """YAML 1.2 as GitHub reads it: `on` is a string, a key that is given twice is an error."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own name


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in found:
            raise WorkflowError(f"'{key}' is already defined (line {key_node.start_mark.line + 1})")
        found[key] = loader.construct_object(value_node, deep=True)
    return found


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = node.value
    return int(text, 0) if text.lstrip("+-")[:2] in ("0x", "0o") else int(text)


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)


def read(source: Source, path: str) -> Document:
    """The workflow or action at `path` of `source`.

    :raises WorkflowError: there is none, or it is no YAML.
    """
    try:
        content = yaml.load((source.directory / path).read_text(encoding="utf-8"), _Loader)
    except (OSError, yaml.YAMLError) as error:
        raise WorkflowError(f"{source.repository}: {path}: {error}") from error
    if not isinstance(content, dict):
        raise WorkflowError(f"{source.repository}: {path}: a mapping is expected")
    return Document(source, path, content)


def resolve(uses: str, home: Source, repositories: Mapping[str, Path]) -> tuple[Source, str]:
    """Which repository and path `uses` means; not for `./` of steps, which is below the workspace.

    :param home: of the file in which `uses` stands: where `$/` leads.
    :raises WorkflowError: not pinned by a commit, or a repository that the test does not have.
    """
    if uses.startswith(("$/", "./")):
        path = uses[2:].strip("/").removeprefix("./")
        if not path:
            raise WorkflowError(f"uses: {uses}: the path is missing")
        return home, path
    name, _, ref = uses.partition("@")
    if not SHA.fullmatch(ref):
        raise WorkflowError(f"uses: {uses}: pin it by the 40 hex digits of a commit")
    repository = "/".join(name.split("/")[:2])
    if repository not in repositories:
        raise WorkflowError(f"uses: {uses}: the test has no repository {repository} (it has {sorted(repositories)})")
    return Source(repository, ref, repositories[repository]), "/".join(name.split("/")[2:])


def action_of(directory: Path, source: Source) -> Document | None:
    """The action in `directory`, a directory of a copy of `source`."""
    for name in ("action.yml", "action.yaml"):
        if (directory / name).exists():
            return read(dataclasses.replace(source, directory=directory), name)
    return None


def copy(source: Path, target: Path, *also_not: str) -> None:
    """Copy a repository without what is not committed."""
    ignored: Callable[[Any, list[str]], set[str]] = shutil.ignore_patterns(*UNCOMMITTED, *also_not)
    shutil.copytree(source, target, symlinks=True, ignore=ignored, dirs_exist_ok=True)
