"""The examples of Zuul's configuration in the documentation."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.zuul.static import variables, zuul_yaml

FENCE = re.compile(r"^(?P<indent> *)```+ ?(?:\{code-block\} )?ya?ml\b[^\n]*\n(?P<text>.*?)^(?P=indent)```", re.M | re.S)
#: A literal block of reStructuredText, or a code block with its options.
LITERAL = re.compile(
    r"^(?P<indent> *)(?:\.\. code-block:: ya?ml\n(?: +:[^\n]*\n)*|[^\n]*::\n)\n(?P<text>(?:(?P=indent) +[^\n]*\n|\n)+)",
    re.M,
)
OURS = "stackprobe-"


@dataclass(frozen=True)
class Example:
    """A piece of Zuul's configuration in a text."""

    where: str
    text: str


def find(checkout: Path) -> list[Example]:
    """All examples in the documentation, the READMEs, and the descriptions of jobs."""
    found = []
    for path in sorted(
        [checkout / "README.md", *checkout.glob("doc/source/**/*.md"), *checkout.glob("roles/*/README.*")]
    ):
        pattern = LITERAL if path.suffix == ".rst" else FENCE
        found += list(_of_text(str(path.relative_to(checkout)), path.read_text(), pattern))
    for job in zuul_yaml.of_kind(checkout, "job"):
        found += list(_of_text(f"job {job['name']}", str(job.get("description", "")), LITERAL))
    return found


def errors(checkout: Path) -> list[str]:
    """What Zuul's parser finds wrong in the examples, and names of ours in them that are none."""
    examples = find(checkout)
    return faults(examples, checkout) if examples else ["no example was found"]


def faults(examples: list[Example], checkout: Path) -> list[str]:
    """The same of examples that are given."""
    parsed = zuul_yaml.parse({one.where: one.text for one in examples})
    found = [f"{where}: {error}" for where, one in parsed.items() for error in one.errors]
    jobs = {job["name"] for job in zuul_yaml.of_kind(checkout, "job")}
    templates = {one["name"] for one in zuul_yaml.of_kind(checkout, "project-template")}
    known = {one.name for one in variables.job_variables(checkout)}
    for example in examples:
        if not parsed[example.where].errors:
            found += [f"{example.where}: {fault}" for fault in _unknown(example, jobs, templates, known)]
    return found


def _of_text(where: str, text: str, pattern: re.Pattern[str]) -> Iterator[Example]:
    for match in pattern.finditer(text):
        block = textwrap.dedent(match["text"]).strip("\n") + "\n"
        line = text.count("\n", 0, match.start("text")) + 1
        if _is_configuration(block):
            yield Example(f"{where}:{line}", block)


def _is_configuration(text: str) -> bool:
    try:
        loaded = yaml.load(text, zuul_yaml.Loader)
    except yaml.YAMLError:
        # one that is not even YAML is for Zuul's parser to refuse
        return re.search(rf"^- ({'|'.join(zuul_yaml.KINDS)}):", text, re.M) is not None
    return (
        isinstance(loaded, list)
        and bool(loaded)
        and all(isinstance(one, dict) and len(one) == 1 and set(one) <= zuul_yaml.KINDS for one in loaded)
    )


def _unknown(example: Example, jobs: set[str], templates: set[str], known: set[str]) -> Iterator[str]:
    """Jobs, templates and variables of ours that an example names and that do not exist."""
    content = zuul_yaml.entries(example.text)
    own = {one["name"] for kind, one in content if kind == "job"}
    for kind, one in content:
        named: list[tuple[str, dict[str, Any]]] = []
        if kind == "job":
            named = [(str(one.get("parent", "")), one)]
        elif kind in ("project", "project-template"):
            named = [(job, dict(change)) for job, change in zuul_yaml.jobs_of_project(one)]
            for template in one.get("templates", []):
                if template.startswith(OURS) and template not in templates:
                    yield f"there is no project-template {template}"
        for job, change in named:
            if job.startswith(OURS) and job not in jobs | own:
                yield f"there is no job {job}"
            for variable in change.get("vars", {}):
                if variable.startswith(("probe_", "watchdog_", "ensure_stackprobe_")) and variable not in known:
                    yield f"no job reads the variable {variable}"
