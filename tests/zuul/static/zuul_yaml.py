"""Zuul's configuration as plain data, and as Zuul's own parser sees it."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.zuul.rig import venvs

PARSER = Path(venvs.__file__).with_name("inside") / "parse.py"
#: What an entry of Zuul's configuration may be.
KINDS = frozenset(
    ("job", "project", "project-template", "secret", "semaphore", "pipeline", "nodeset", "queue", "pragma", "image",
     "flavor", "label", "section", "provider")
)  # fmt: skip


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads tags such as ``!encrypted/pkcs1-oaep`` as what stands behind them."""


def _untagged(loader: Loader, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return node.value


Loader.add_multi_constructor("!", _untagged)


@dataclass(frozen=True)
class Parsed:
    """What Zuul's parser says of one text. `playbooks` has pairs of job and path."""

    errors: list[str]
    playbooks: list[tuple[str, str]]


def parse(texts: Mapping[str, str]) -> dict[str, Parsed]:
    """Let Zuul's parser read texts, each with a name that its errors may have."""
    parser = _parser()
    assert parser.stdin is not None and parser.stdout is not None
    question = [{"path": path, "text": text} for path, text in texts.items()]
    parser.stdin.write(json.dumps(question) + "\n")
    parser.stdin.flush()
    answer = parser.stdout.readline()
    if not answer:
        raise RuntimeError("Zuul's parser has ended; what it said is on standard error")
    return {
        one["path"]: Parsed(one["errors"], [(job, path) for job, path in one["playbooks"]])
        for one in json.loads(answer)
    }


@functools.cache
def _parser() -> subprocess.Popen[str]:
    """The parser's process, which takes seconds to begin. It ends when this process does, whose pipe it reads."""
    command = [str(venvs.zuul_venv() / "bin" / "python"), str(PARSER)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def files(repository: Path) -> list[Path]:
    """The files of a repository that Zuul reads, in its own tenant too."""
    return sorted(path for folder in ("zuul.d", "zuul-tests.d") for path in (repository / folder).rglob("*.yaml"))


def entries(text: str) -> list[tuple[str, Any]]:
    """The entries of a text that is Zuul's configuration: kind and content."""
    return [(kind, content) for entry in yaml.load(text, Loader) or [] for kind, content in entry.items()]


def of_kind(repository: Path, kind: str) -> Iterator[dict[str, Any]]:
    """The contents of all entries of one kind in a repository."""
    for path in files(repository):
        yield from (content for found, content in entries(path.read_text()) if found == kind)


def errors(repository: Path) -> list[str]:
    """What Zuul's parser finds wrong in a repository, and what it would find out only when a job runs: no playbook."""
    texts = {str(path.relative_to(repository)): path.read_text() for path in files(repository)}
    if not texts:
        return [f"{repository}: no configuration"]
    found = []
    for path, parsed in parse(texts).items():
        found += [f"{path}: {error}" for error in parsed.errors]
        found += [
            f"{path}: job {job}: there is no {playbook}"
            for job, playbook in parsed.playbooks
            if not (repository / playbook).is_file()
        ]
    return found


def undescribed(repository: Path) -> list[str]:
    """Jobs and project templates without a description."""
    return [
        f"{kind} {one['name']}: no description"
        for kind in ("job", "project-template")
        for one in of_kind(repository, kind)
        if not str(one.get("description", "")).strip()
    ]


def without_scenarios(repository: Path) -> list[str]:
    """Tags in the variables of jobs that no scenario has: such a job would prove nothing."""
    scenarios = [yaml.safe_load(path.read_text()) for path in (repository / "roles").glob("probe_*/scenario.yaml")]
    known = {tag for scenario in scenarios for tag in scenario["tags"]}
    return [
        f"job {job['name']}: no scenario has the tag {tag}"
        for job in of_kind(repository, "job")
        for tag in job.get("vars", {}).get("probe_tags", [])
        if tag not in known
    ]


def jobs_of_project(content: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The jobs in the pipelines of a project or a template, each with what changes it there."""
    for pipeline in content.values():
        if isinstance(pipeline, dict):
            for job in _listed(pipeline.get("jobs")):
                yield from job.items() if isinstance(job, dict) else [(job, {})]


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
