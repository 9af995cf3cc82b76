"""Contexts that a run makes: `github`, `inputs` of workflow_dispatch, `needs`."""

from __future__ import annotations

from typing import Any

from tests.github.runner.errors import WorkflowError
from tests.github.runner.expressions import as_text
from tests.github.runner.request import Request
from tests.github.runner.results import JobResult
from tests.github.runner.sources import Document

BAD = ("failure", "cancelled")


def dispatched(request: Request, document: Document) -> tuple[dict[str, Any], dict[str, str]]:
    """The inputs of workflow_dispatch, with their types for `inputs`, and as strings for `github.event.inputs`.

    :raises WorkflowError: an input that there is not, that is missing, or that is none of its options.
    """
    known = document.triggers["workflow_dispatch"].get("inputs") or {}
    if unknown := set(request.inputs) - set(known):
        raise WorkflowError(f"Unexpected inputs provided: {sorted(unknown)}")
    found: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for name, about in known.items():
        kind = (about or {}).get("type")
        value = request.inputs.get(name, as_text((about or {}).get("default")))
        if (about or {}).get("required") is True and not value:
            raise WorkflowError(f"Required input '{name}' not provided")
        if kind == "choice" and value not in [as_text(one) for one in about["options"]]:
            raise WorkflowError(f"Provided value '{value}' for input '{name}' not in the list of allowed values")
        texts[name] = value
        found[name] = value == "true" if kind == "boolean" else float(value or 0) if kind == "number" else value
    return found, texts


def need(results: list[JobResult]) -> dict[str, Any]:
    """What `needs` says of a job; of a matrix, the leg that ended last has its way with outputs."""
    outcomes = [one.result for one in results]
    outputs: dict[str, str] = {}
    for one in results:
        outputs |= {name: value for name, value in one.outputs.items() if value or name not in outputs}
    return {"result": next((bad for bad in (*BAD, "success") if bad in outcomes), "skipped"), "outputs": outputs}


def github_context(request: Request, document: Document) -> dict[str, Any]:
    """The `github` context of the run; a called workflow has that of its caller."""
    path = f"{request.repository}/{request.workflow}@{request.ref}"
    repository = {"full_name": request.repository, "default_branch": "main", "fork": False}
    return {
        "actor": request.actor, "triggering_actor": request.actor, "event_name": request.event_name,
        "event": {"repository": repository, "workflow": request.workflow, **request.event},
        "ref": request.ref, "ref_name": request.ref.split("/", 2)[-1], "ref_type": "branch", "sha": request.sha,
        "repository": request.repository, "repository_owner": request.repository.partition("/")[0],
        "run_id": str(request.run_id), "run_number": str(request.run_number), "run_attempt": str(request.run_attempt),
        "server_url": request.server_url, "api_url": request.api_url, "graphql_url": f"{request.api_url}/graphql",
        "token": request.token, "workflow": document.content.get("name") or request.workflow,
        "workflow_ref": path, "workflow_sha": request.sha, "head_ref": "", "base_ref": "",
    }  # fmt: skip
