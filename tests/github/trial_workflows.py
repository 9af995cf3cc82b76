"""Small workflows of which tests see what the runner makes of them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.github.runner import Expressions, Request, Timing, WorkflowRun, run_workflow

PIN = "0123456789abcdef0123456789abcdef01234567"
QUICK = Timing(interrupt_s=0.6, terminate_s=0.4, streams_s=0.4, minute_s=0.6)
Run = Callable[..., WorkflowRun]


def write(directory: Path, files: dict[str, str]) -> Path:
    """Write files, given by their paths, into `directory`."""
    for path, text in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text))
    return directory


def running(tmp_path: Path, expressions: Expressions) -> Run:
    """Runs a workflow, given by its YAML: the jobs alone, or all of it."""

    def one(
        workflow: str, files: dict[str, str] | None = None, own: dict[str, str] | None = None, **more: Any
    ) -> WorkflowRun:
        text = textwrap.dedent(workflow)
        if not text.lstrip().startswith(("on:", "name:")):
            text = f"on: workflow_dispatch\njobs:\n{textwrap.indent(text, '  ')}"
        directory = write(tmp_path / "caller", {".github/workflows/a.yaml": text, **(files or {})})
        repositories = {"acme/stackprobe": write(tmp_path / "stackprobe", own or {})}
        request = Request(
            "example/clouds", directory, ".github/workflows/a.yaml", tmp_path / "root",
            repositories=repositories, **{"timing": QUICK, **more},
        )  # fmt: skip
        return run_workflow(request, expressions)

    return one


def job(steps: str, **keys: str) -> str:
    """A job `a` with these steps."""
    head = "".join(f"  {key.replace('_', '-')}: {value}\n" for key, value in keys.items())
    return f"a:\n  runs-on: ubuntu-24.04\n{head}  steps:\n{textwrap.indent(textwrap.dedent(steps), '    ')}"
