"""The steps of a job or of a composite action, as StepsRunner.cs and CompositeActionHandler.cs run them."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tests.github.runner import scripts, uses
from tests.github.runner.errors import ExpressionError
from tests.github.runner.expressions import as_text, is_mixed, only
from tests.github.runner.job import Job, Status, status_functions
from tests.github.runner.output import Output
from tests.github.runner.results import StepResult
from tests.github.runner.scope import Scope, Step

_WORST: Sequence[Status] = ("success", "failure", "cancelled")


class StepsRunner:
    """Runs the steps of one job."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def run_all(self, steps: Sequence[dict[str, Any]], scope: Scope) -> dict[str, Any]:
        """Run `steps` one after the other; those whose condition does not hold are skipped. The contexts after them."""
        for number, content in enumerate(steps, 1):
            if not self._job.forced():
                self._run(content, scope, number)
        return self._contexts(scope, scope.environment)

    def _contexts(self, scope: Scope, own: Mapping[str, str]) -> dict[str, Any]:
        github = dict(self._job.contexts["github"])
        if scope.action_path:
            github["action_path"] = str(scope.action_path)
        about: dict[str, Any] = {
            "github": github,
            "runner": self._job.machine.runner,
            "job": {"status": self._job.status},
        }
        about |= {"inputs": scope.inputs, "steps": scope.steps, "env": {**self._job.environment, **own}}
        return {**self._job.contexts, **about}

    def _run(self, content: dict[str, Any], scope: Scope, number: int) -> None:
        job, started = self._job, time.monotonic()
        result = StepResult(content.get("id", ""), content.get("name") or _default_name(content))
        scope.results.append(result)
        out = Output([result, *scope.chain], job.masker, job.mistake)
        job.cancelled()
        try:
            contexts = self._contexts(scope, scope.environment)
            contexts["github"]["action"] = content.get("id") or f"__run_{number}"
            ended = dataclasses.replace(scope, status="cancelled")
            goes_on = functools.partial(self._holds, content, ended, contexts, "cancelled")
            step = Step(job, content, scope, contexts, out, dict(scope.environment), goes_on, self.run_all)
            step.own |= {name: as_text(value) for name, value in (step.value("env") or {}).items()}
            contexts["env"] = {**job.environment, **step.own}
            if is_mixed(content.get("if")):
                job.mistake(f"a condition is text beside an expression, and thus always true: {content['if']}")
            if self._holds(content, scope, contexts, job.status):
                self._run_whose_condition_holds(step)
            else:
                result.outcome = result.conclusion = "skipped"
        except ExpressionError as error:
            out.error(f"The template is not valid. {error}")
            result.outcome = result.conclusion = "failure"
        result.duration_s = time.monotonic() - started
        self._account(result, scope)

    def _run_whose_condition_holds(self, step: Step) -> None:
        result = step.out.step
        available = only(step.contexts, step.scope.key)
        result.name = self._job.expressions.text(result.name, available, self._job.machine.workspace)
        with self._job.judged(result, step.out):
            step.start()
            if "run" in step.content:
                scripts.run(step)
            else:
                uses.run(step)
        if result.outcome == "failure" and step.value("continue-on-error") is True:
            result.conclusion = "success"

    def _account(self, result: StepResult, scope: Scope) -> None:
        if result.id:
            about = {"outputs": dict(result.outputs), "outcome": result.outcome, "conclusion": result.conclusion}
            scope.steps[result.id] = about
        if result.conclusion == "failure":
            judged = scope if scope.action_path else self._job
            judged.status = max(judged.status, "failure", key=_WORST.index)
        elif result.conclusion == "cancelled":
            scope.status = "cancelled"

    def _holds(self, content: dict[str, Any], scope: Scope, contexts: dict[str, Any], job_status: str) -> bool:
        # In a composite action success() and failure() are about the action, cancelled() is about the job.
        functions = status_functions(scope.status if scope.action_path else job_status, job_status == "cancelled")
        available = only(contexts, f"{scope.key}.if")
        return self._job.expressions.condition(
            content.get("if", "success()"), available, functions, self._job.machine.workspace
        )


def _default_name(content: dict[str, Any]) -> str:
    if "uses" in content:
        return f"Run {content['uses']}"
    return f"Run {str(content['run']).strip().partition(chr(10))[0]}"
