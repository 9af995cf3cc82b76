"""A step with `uses`: a stand-in, or a composite action."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.github.runner import sources
from tests.github.runner.actions import STAND_INS
from tests.github.runner.errors import ActionFailed
from tests.github.runner.expressions import as_text, only
from tests.github.runner.machine import Call
from tests.github.runner.scope import Scope, Step
from tests.github.runner.sources import Document


def run(step: Step) -> None:
    """Run the action of `step`; its result gets outputs, and the outcome where that is not a plain success.

    :raises ActionFailed: there is no such action, or it failed.
    """
    uses = step.content["uses"]
    inputs = {name: as_text(value) for name, value in (step.value("with") or {}).items()}
    shown = [f"##[group]Run {uses}", "with:", *(f"  {name}: {value}" for name, value in inputs.items()), "##[endgroup]"]
    step.out.say("\n".join(shown))
    name, _, _ = uses.partition("@")
    if name in STAND_INS:
        action, known = STAND_INS[name]
        step.out.step.outputs |= action(Call(step.job, uses, {**known, **inputs}, step.out))
        return
    directory, document = _fetch(step, uses)
    if (document.content.get("runs") or {}).get("using") != "composite":
        raise ActionFailed(f"{uses}: only composite actions can be run here")
    _run_composite(step, document, directory, inputs)


def _fetch(step: Step, uses: str) -> tuple[Path, Document]:
    """The directory of an action on the machine, and the action."""
    job = step.job
    if uses.startswith("./"):
        # What is below the workspace is the caller's, also in a workflow or an action of another repository.
        source, directory = job.caller, job.machine.workspace / uses
    else:
        source, path = sources.resolve(uses, step.scope.document.source, job.request.known)
        copy = job.machine.actions / source.repository / source.sha
        if not copy.exists():
            sources.copy(source.directory, copy, ".git")
        directory = copy / path
    document = sources.action_of(directory, source)
    if document is None:
        raise ActionFailed(
            f"Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under '{directory}'. Did you forget to run "
            "actions/checkout before running your local action?"
        )
    # `$/` of the action leads to its whole repository, not to the directory of the action.
    return directory.resolve(), dataclasses.replace(document, source=source)


def _run_composite(step: Step, document: Document, directory: Path, given: Mapping[str, str]) -> None:
    scope = Scope(
        document, step.out.step.steps, step.out.chain, _inputs(step, document, given), step.own, directory,
        deadline=step.deadline,
    )  # fmt: skip
    contexts = only(step.run_nested(document.content["runs"]["steps"], scope), "composite")
    for name, about in (document.content.get("outputs") or {}).items():
        step.out.step.outputs[name] = step.job.expressions.text(about.get("value"), contexts)
    if scope.status != "success":
        step.out.step.outcome = scope.status


def _inputs(step: Step, document: Document, given: Mapping[str, str]) -> dict[str, Any]:
    known = document.content.get("inputs") or {}
    uses, job = step.content["uses"], step.job
    for name in sorted(set(given) - set(known)):
        message = f"Unexpected input(s) '{name}', valid inputs are {json.dumps(list(known))}"
        step.out.annotate("warning", message, own=True)
        job.mistake(f"{uses}: unexpected input {name}")
    inputs = {}
    for name, about in known.items():
        default = job.expressions.text((about or {}).get("default"), only(step.contexts, "composite.inputs"))
        inputs[name] = given.get(name, default)
        if (about or {}).get("required") is True and not inputs[name]:
            job.mistake(f"{uses}: the required input {name} is missing")
    return inputs
