"""What GitHub checks of a workflow before any job runs: keys, needs, references, inputs, secrets, permissions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.github.runner import sources
from tests.github.runner.actions import STAND_INS
from tests.github.runner.errors import WorkflowError
from tests.github.runner.sources import SHA, Document

NESTING_LIMIT = 10
_LEVELS = ("none", "read", "write")
_SCOPES = frozenset(
    [
        "actions",
        "attestations",
        "checks",
        "contents",
        "deployments",
        "discussions",
        "id-token",
        "issues",
        "models",
        "packages",
        "pages",
        "pull-requests",
        "security-events",
        "statuses",
    ]
)
_JOB_KEYS = frozenset(
    [
        "name",
        "needs",
        "if",
        "runs-on",
        "permissions",
        "environment",
        "concurrency",
        "outputs",
        "env",
        "defaults",
        "steps",
        "timeout-minutes",
        "strategy",
        "continue-on-error",
    ]
)
_CALL_KEYS = frozenset(["name", "needs", "if", "uses", "with", "secrets", "strategy", "permissions", "concurrency"])
_STEP_KEYS = frozenset(
    [
        "id",
        "name",
        "if",
        "run",
        "uses",
        "with",
        "env",
        "shell",
        "working-directory",
        "continue-on-error",
        "timeout-minutes",
    ]
)
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": (str, bool, int, float),
    "number": (int, float),
    "boolean": bool,
}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def permissions_of(content: Mapping[str, Any], otherwise: Mapping[str, str]) -> dict[str, str]:
    """The permissions that a workflow or a job asks for; what it does not name is `none`."""
    asked = content.get("permissions")
    if asked is None:
        return dict(otherwise)
    if isinstance(asked, str):
        if asked not in ("read-all", "write-all"):
            raise WorkflowError(f"permissions: {asked}: read-all, write-all or a mapping is expected")
        return {scope: asked.removesuffix("-all") for scope in sorted(_SCOPES)}
    for scope, level in asked.items():
        if scope not in _SCOPES or level not in _LEVELS:
            raise WorkflowError(f"permissions: {scope}: {level}: there is no such permission")
    return {scope: level for scope, level in asked.items() if level != "none"}


def typed(name: str, about: Mapping[str, Any], value: Any) -> Any:
    """A value for an input of a called workflow.

    :raises WorkflowError: of another type than the input; a string is no boolean and no number.
    """
    kind = str(about.get("type"))
    if kind not in _TYPES:
        raise WorkflowError(f"input {name}: type is required: string, number or boolean")
    if not isinstance(value, _TYPES[kind]) or (kind == "number" and isinstance(value, bool)):
        raise WorkflowError(f"input {name}: unexpected type of value {value!r}, expected type: {kind}")
    return value


class Checks:
    """The checks of one run."""

    def __init__(self, repositories: Mapping[str, Path]) -> None:
        self._repositories = repositories

    def called(self, uses: str, home: Document) -> Document:
        """The workflow that a job calls."""
        source, path = sources.resolve(uses, home.source, self._repositories)
        if not re.fullmatch(r"\.github/workflows/[^/]+\.ya?ml", path):
            raise WorkflowError(f"uses: {uses}: a workflow is a file of .github/workflows")
        document = sources.read(source, path)
        if "workflow_call" not in document.triggers:
            raise WorkflowError(f"uses: {uses}: it cannot be called, its `on` has no workflow_call")
        return document

    def workflow(self, document: Document, grant: Mapping[str, str], nested: bool = False, depth: int = 0) -> None:
        """Check `document` and all that it calls.

        :param grant: what a caller lets it do at most, or for the workflow that starts the default.
        :raises WorkflowError: GitHub would not start it.
        """
        if depth > NESTING_LIMIT:
            raise WorkflowError(f"{document.path}: more than {NESTING_LIMIT} workflows call each other")
        jobs = document.content.get("jobs")
        if not isinstance(jobs, dict) or not jobs:
            raise WorkflowError(f"{document.path}: jobs are missing")
        wanted = permissions_of(document.content, grant)
        for name, job in jobs.items():
            where = f"{document.path}: job {name}"
            if not _IDENTIFIER.fullmatch(name):
                raise WorkflowError(f"{where}: no valid name")
            for need in needs_of(job):
                if need not in jobs:
                    raise WorkflowError(f"{where}: needs {need}, which there is not")
            asked = permissions_of(job, wanted)
            for scope, level in asked.items():
                allowed = grant.get(scope, "none")
                if nested and _LEVELS.index(level) > _LEVELS.index(allowed):
                    raise WorkflowError(
                        f"{where} is requesting '{scope}: {level}', but is only allowed '{scope}: {allowed}'"
                    )
            if "uses" in job:
                _keys(job, _CALL_KEYS, where)
                called = self.called(job["uses"], document)
                self._call(job, called, where)
                self.workflow(called, asked, nested=True, depth=depth + 1)
            else:
                _keys(job, _JOB_KEYS, where)
                if "runs-on" not in job or not job.get("steps"):
                    raise WorkflowError(f"{where}: runs-on and steps are required")
                self._steps(job["steps"], _STEP_KEYS, document, where)
        list(order(jobs))

    def _call(self, job: Mapping[str, Any], called: Document, where: str) -> None:
        inputs = called.triggers["workflow_call"].get("inputs") or {}
        given = job.get("with") or {}
        _keys(given, inputs, f"{where}: with")
        for name, about in inputs.items():
            if (about or {}).get("required") is True and name not in given:
                raise WorkflowError(f"{where}: input {name} is required, but not provided")
            if name in given and "${{" not in str(given[name]):
                typed(name, about or {}, given[name])
        secrets = called.triggers["workflow_call"].get("secrets") or {}
        if job.get("secrets") != "inherit":
            passed = job.get("secrets") or {}
            _keys(passed, secrets, f"{where}: secrets")
            for name, about in secrets.items():
                if (about or {}).get("required") is True and name not in passed:
                    raise WorkflowError(f"{where}: secret {name} is required, but not provided")

    def _steps(
        self, steps: list[dict[str, Any]], keys: Collection[str], document: Document, where: str, depth: int = 0
    ) -> None:
        seen: set[str] = set()
        for number, step in enumerate(steps, 1):
            at = f"{where}, step {number}"
            _keys(step, keys, at)
            if ("run" in step) == ("uses" in step):
                raise WorkflowError(f"{at}: either run or uses")
            name = str(step.get("id", "")).lower()
            if name and (name in seen or not _IDENTIFIER.fullmatch(name)):
                raise WorkflowError(f"{at}: the id {name} is taken or not valid")
            seen.add(name)
            if "uses" in step:
                self._action(step, document, at, depth)
            elif "timeout-minutes" not in keys and "shell" not in step:
                raise WorkflowError(f"{at}: required property is missing: shell")

    def _action(self, step: Mapping[str, Any], document: Document, at: str, depth: int) -> None:
        """Check the action that a step uses, where it is known already: one of `./` is found when the step runs."""
        uses = step["uses"]
        name, _, ref = uses.partition("@")
        if name in STAND_INS:
            if not SHA.fullmatch(ref):
                raise WorkflowError(f"{at}: uses: {uses}: pin it by the 40 hex digits of a commit")
            _keys(step.get("with") or {}, STAND_INS[name][1], f"{at}: {name}")
        elif not uses.startswith("./"):
            source, path = sources.resolve(uses, document.source, self._repositories)
            action = sources.action_of(source.directory / path, source)
            if action is None:
                raise WorkflowError(f"{at}: uses: {uses}: there is no action.yml")
            if depth > NESTING_LIMIT:
                raise WorkflowError(f"{at}: uses: {uses}: actions call each other")
            steps = (action.content.get("runs") or {}).get("steps") or []
            inner = Document(source, path, action.content)
            self._steps(steps, _STEP_KEYS - {"timeout-minutes"}, inner, f"{uses}", depth + 1)


def needs_of(job: Mapping[str, Any]) -> list[str]:
    """The jobs that `job` needs."""
    needs = job.get("needs") or []
    return [needs] if isinstance(needs, str) else list(needs)


def order(jobs: Mapping[str, Any]) -> Iterator[str]:
    """The names of jobs, each after those that it needs.

    :raises WorkflowError: they need each other.
    """
    done: set[str] = set()
    while len(done) < len(jobs):
        ready = next((name for name in jobs if name not in done and done.issuperset(needs_of(jobs[name]))), None)
        if ready is None:
            raise WorkflowError(f"these jobs need each other: {sorted(set(jobs) - done)}")
        done.add(ready)
        yield ready


def ancestors(name: str, jobs: Mapping[str, Any]) -> set[str]:
    """All jobs that must have ended before `name`, not only those that it names."""
    return {one for need in needs_of(jobs[name]) for one in (need, *ancestors(need, jobs))}


def _keys(given: Mapping[str, Any], known: Collection[str], where: str) -> None:
    if unknown := sorted(set(given) - set(known)):
        raise WorkflowError(f"{where}: {', '.join(unknown)}: not known (known here: {', '.join(sorted(known))})")
