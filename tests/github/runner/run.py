"""A run of a workflow, and of the workflows that it calls."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from tests.github.runner import checks, matrix, sources
from tests.github.runner.contexts import BAD, dispatched, github_context, need
from tests.github.runner.errors import ExpressionError, WorkflowError
from tests.github.runner.expressions import Expressions, as_text, is_mixed, only
from tests.github.runner.job import Job
from tests.github.runner.machine import Machine
from tests.github.runner.request import Request
from tests.github.runner.results import Annotation, JobResult, WorkflowRun
from tests.github.runner.sources import Document, Source
from tests.github.runner.steps import Scope, StepsRunner


def run_workflow(request: Request, expressions: Expressions) -> WorkflowRun:
    """Run the workflow of `request` to its end.

    :raises WorkflowError: GitHub would not start it.
    """
    document = sources.read(Source(request.repository, request.sha, request.directory), request.workflow)
    if request.event_name not in document.triggers:
        raise WorkflowError(f"{request.workflow}: its `on` does not have {request.event_name}")
    crons = [one["cron"] for one in document.triggers.get("schedule") or []]
    if request.event_name == "schedule" and request.event.get("schedule") not in crons:
        raise WorkflowError(f"{request.workflow}: its `on` has no schedule {request.event.get('schedule')!r}: {crons}")
    checks.Checks(request.known).workflow(document, checks.permissions_of(document.content, request.permissions))
    number = len(list(request.root.glob("runs/*"))) + 1
    run = WorkflowRun(artifacts=request.root / "runs" / str(number) / "artifacts")
    run.artifacts.mkdir(parents=True)
    about = github_context(request, document)
    inputs: dict[str, Any] = {}
    if request.event_name == "workflow_dispatch":
        inputs, about["event"]["inputs"] = dispatched(request, document)
    grant = checks.permissions_of(document.content, request.permissions)
    _Runner(request, expressions, run, about).workflow(_Workflow(document, inputs, dict(request.secrets), grant))
    return run


@dataclasses.dataclass
class _Workflow:
    """A workflow that runs, called or not. `held`: the concurrency groups that it or a caller is in."""

    document: Document
    inputs: Mapping[str, Any]
    secrets: Mapping[str, str]
    grant: Mapping[str, str]
    prefix: str = ""
    name_prefix: str = ""
    held: tuple[str, ...] = ()
    call: JobResult | None = None
    done: dict[str, list[JobResult]] = dataclasses.field(default_factory=dict)


class _Runner:
    def __init__(self, request: Request, expressions: Expressions, run: WorkflowRun, github: dict[str, Any]) -> None:
        self._request, self._expressions, self._run, self._github = request, expressions, run, github
        self._checks = checks.Checks(request.known)
        self._caller = Source(request.repository, request.sha, request.directory)

    def workflow(self, workflow: _Workflow) -> dict[str, str]:
        """Run its jobs; the outputs of a called workflow."""
        jobs, contexts = workflow.document.content["jobs"], self._contexts(workflow)
        workflow.held = self._concurrency(
            workflow.document.content, only(contexts, "concurrency"), workflow, workflow.call
        )
        for name in checks.order(jobs):
            workflow.done[name] = self._job(name, jobs, workflow)
        about = {name: need(results) for name, results in workflow.done.items()}
        outputs = (workflow.document.triggers.get("workflow_call") or {}).get("outputs") or {}
        available = only({**contexts, "jobs": about}, "workflow.outputs")
        return {name: self._expressions.text(one.get("value"), available) for name, one in outputs.items()}

    def _job(self, name: str, jobs: Mapping[str, Any], workflow: _Workflow) -> list[JobResult]:
        """Run the legs of a job."""
        job = jobs[name]
        needs = {one: need(workflow.done[one]) for one in checks.needs_of(job)}
        contexts = {**self._contexts(workflow), "needs": needs, "strategy": {}, "matrix": {}}
        title = workflow.name_prefix + str(job.get("name", name))
        if is_mixed(job.get("if")):
            self._run.mistakes.append(
                f"{title}: its condition is text and an expression, and thus always true: {job['if']}"
            )
        try:
            if not self._holds(name, jobs, workflow, contexts, self._run.cancelled):
                conclusion = "cancelled" if self._run.cancelled else "skipped"
                return self._record(JobResult(workflow.prefix + name, title, conclusion), job)
            strategy = self._expressions.value(job.get("strategy") or {}, only(contexts, "job.strategy"))
            found = matrix.legs(strategy["matrix"]) if "matrix" in strategy else [{}]
        except (ExpressionError, WorkflowError) as error:
            self._run.mistakes.append(f"{title}: {error}")
            failed = JobResult(workflow.prefix + name, title, "failure")
            failed.annotations.append(Annotation("error", str(error), own=True))
            return self._record(failed, job)
        results: list[JobResult] = []
        for index, leg in enumerate(found):
            about = {
                "job-index": index,
                "job-total": len(found),
                "fail-fast": strategy.get("fail-fast", True) is not False,
            }
            about["max-parallel"] = strategy.get("max-parallel", len(found))
            leg_contexts = {**contexts, "strategy": about, "matrix": leg}
            result = JobResult(workflow.prefix + name, title, matrix=leg)
            results += self._record(result, job)
            if about["fail-fast"] and any(one.result in BAD for one in results[:-1]):
                result.conclusion, result.name = "cancelled", title + matrix.suffix(leg)
            else:
                self._leg(
                    job, result, workflow, leg_contexts, lambda: self._holds(name, jobs, workflow, contexts, True)
                )
        return results

    def _record(self, result: JobResult, job: Mapping[str, Any]) -> list[JobResult]:
        (self._run.calls if "uses" in job else self._run.jobs).append(result)
        return [result]

    def _holds(
        self, name: str, jobs: Mapping[str, Any], workflow: _Workflow, contexts: Mapping[str, Any], cancelled: bool
    ) -> bool:
        before = {one: need(workflow.done[one])["result"] for one in checks.ancestors(name, jobs)}
        status = {
            "success": all(result == "success" for result in before.values()) and not cancelled,
            "failure": "failure" in before.values(), "cancelled": cancelled, "always": True,
        }  # fmt: skip
        return self._expressions.condition(jobs[name].get("if", "success()"), only(contexts, "job.if"), status)

    def _leg(
        self, job: Mapping[str, Any], result: JobResult, workflow: _Workflow, contexts: dict[str, Any], keep: Any
    ) -> None:
        try:
            name = job.get("name", result.id.rpartition("/")[2])
            shown = "" if "${{" in str(name) else matrix.suffix(result.matrix)
            result.name = workflow.name_prefix + self._expressions.text(name, only(contexts, "job")) + shown
            wanted = checks.permissions_of(workflow.document.content, workflow.grant)
            result.permissions = checks.permissions_of(job, wanted)
            held = self._concurrency(job, only(contexts, "job"), workflow, result)
            if "uses" in job:
                self._call(job, result, workflow, contexts, held)
            else:
                self._run_job(job, result, workflow, contexts, keep)
        except (ExpressionError, WorkflowError) as error:
            self._run.mistakes.append(f"{result.name}: {error}")
            result.annotations.append(Annotation("error", str(error), own=True))
            result.conclusion = "failure"

    def _call(
        self,
        job: Mapping[str, Any],
        result: JobResult,
        workflow: _Workflow,
        contexts: dict[str, Any],
        held: tuple[str, ...],
    ) -> None:
        """Run the workflow that a job calls."""
        document = self._checks.called(job["uses"], workflow.document)
        trigger, inputs = document.triggers["workflow_call"], {}
        given = self._expressions.value(job.get("with") or {}, only(contexts, "job"))
        for name, about in (trigger.get("inputs") or {}).items():
            empty = {"string": "", "number": 0, "boolean": False}.get(about.get("type"), "")
            default = self._expressions.value(about.get("default", empty), only(contexts, "inputs.default"))
            value = checks.typed(name, about, given.get(name, default))
            inputs[name] = as_text(value) if about["type"] == "string" else value
        if job.get("secrets") == "inherit":
            secrets: Mapping[str, str] = workflow.secrets
        else:
            evaluated = self._expressions.value(job.get("secrets") or {}, only(contexts, "job.secrets"))
            secrets = {name: as_text(value) for name, value in evaluated.items()}
        inner = _Workflow(
            document, inputs, secrets, result.permissions, f"{result.id}/", f"{result.name} / ", held, result
        )
        result.outputs = self.workflow(inner)
        results = [one.result for legs in inner.done.values() for one in legs]
        result.conclusion = next((bad for bad in (*BAD, "success") if bad in results), "skipped")

    def _run_job(
        self, job: Mapping[str, Any], result: JobResult, workflow: _Workflow, contexts: dict[str, Any], keep: Any
    ) -> None:
        """Run the steps of a job on a machine of its own."""
        value, content = self._expressions.value, workflow.document.content
        result.runs_on = value(job["runs-on"], only(contexts, "job"))
        result.timeout_minutes = value(job.get("timeout-minutes"), only(contexts, "job"))
        result.continue_on_error = value(job.get("continue-on-error"), only(contexts, "job")) is True
        machine = Machine.fresh(self._request.root / "machine", self._request.repository)
        event = machine.temp / "_github_workflow" / "event.json"
        event.parent.mkdir()
        event.write_text(json.dumps(contexts["github"]["event"], indent=2))
        identifier = result.id.rpartition("/")[2]
        github = {
            **contexts["github"],
            "job": identifier,
            "workspace": str(machine.workspace),
            "event_path": str(event),
        }
        contexts = {**contexts, "github": github}
        environment: dict[str, Any] = value(content.get("env") or {}, only(contexts, "env"))
        environment |= value(job.get("env") or {}, only(contexts, "job.env"))
        texts = {name: as_text(one) for name, one in environment.items()}
        defaults = {
            **((content.get("defaults") or {}).get("run") or {}),
            **((job.get("defaults") or {}).get("run") or {}),
        }
        defaults = value(defaults, only({**contexts, "env": texts}, "job.defaults"))
        state = Job(
            self._request, self._expressions, self._run, result, self._caller, machine, contexts, defaults, keep, texts
        )
        scope, steps = Scope(workflow.document, result.steps, inputs=workflow.inputs), StepsRunner(state)
        state.start()
        try:
            after = steps.run_all(job["steps"], scope)
            state.run_posts()
            state.finish(job.get("outputs") or {}, after)
        finally:
            state.end_processes()
            number = len(list(self._run.artifacts.parent.glob("machine-*"))) + 1
            result.workspace = (
                self._run.artifacts.parent / f"machine-{number}" / machine.workspace.relative_to(machine.directory)
            )
            machine.directory.rename(self._run.artifacts.parent / f"machine-{number}")

    def _contexts(self, workflow: _Workflow) -> dict[str, Any]:
        secrets = {**workflow.secrets, "GITHUB_TOKEN": self._request.token}
        return {
            "github": self._github,
            "inputs": workflow.inputs,
            "vars": dict(self._request.variables),
            "secrets": secrets,
        }

    def _concurrency(
        self, content: Mapping[str, Any], contexts: Mapping[str, Any], workflow: _Workflow, result: JobResult | None
    ) -> tuple[str, ...]:
        """Record `concurrency`; the groups that are held from here on."""
        if not content.get("concurrency"):
            return workflow.held
        asked = self._expressions.value(content["concurrency"], contexts)
        asked = asked if isinstance(asked, dict) else {"group": as_text(asked)}
        if asked["group"] in workflow.held:
            self._run.mistakes.append(
                f"Canceling since a deadlock for concurrency group '{asked['group']}' was detected"
            )
        (result or self._run).concurrency = asked
        return (*workflow.held, asked["group"])
