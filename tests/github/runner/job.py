"""One job on its machine: its state, its end, and the order of its steps."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from tests.github.runner.errors import ActionFailed, ExpressionError
from tests.github.runner.expressions import Expressions, only
from tests.github.runner.machine import Call, Machine
from tests.github.runner.masking import SecretMasker
from tests.github.runner.output import Output
from tests.github.runner.processes import StepProcess, end_left_over
from tests.github.runner.request import Request
from tests.github.runner.results import Annotation, JobResult, StepResult, WorkflowRun
from tests.github.runner.sources import Source

Status = Literal["success", "failure", "cancelled"]


def status_functions(status: str, cancelled: bool) -> dict[str, bool]:
    """What the status functions say."""
    return {"success": status == "success", "failure": status == "failure", "cancelled": cancelled, "always": True}


@dataclasses.dataclass
class Job:
    """A job that runs.

    :ivar caller: the repository whose workflow runs, also while a called workflow of another one does.
    :ivar contexts: those that are the same for all of its steps.
    :ivar environment: of the workflow and the job, and what steps write to GITHUB_ENV.
    :ivar path: additions to PATH, the last one first in it.
    :ivar posts: what actions do after the steps, with its condition; the last one first.
    :ivar keep: asked when the run is cancelled: whether the job's own `if` lets it go on.
    """

    request: Request
    expressions: Expressions
    run: WorkflowRun
    result: JobResult
    caller: Source
    machine: Machine
    contexts: dict[str, Any]
    defaults: dict[str, str]
    keep: Callable[[], bool]
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    path: list[str] = dataclasses.field(default_factory=list)
    masker: SecretMasker = dataclasses.field(default_factory=SecretMasker)
    posts: list[tuple[Call, Callable[[Call], dict[str, str]], str]] = dataclasses.field(default_factory=list)
    tracking: str = dataclasses.field(default_factory=lambda: f"github_{uuid.uuid4()}")
    status: Status = "success"
    _deadline: float = 0.0
    _cancelled_at: float = 0.0
    _spared: bool = False

    def mistake(self, text: str) -> None:
        """Record a mistake once."""
        if (full := f"{self.result.name}: {text}") not in self.run.mistakes:
            self.run.mistakes.append(full)

    def environment_of(self, own: Mapping[str, str], github: Mapping[str, Any]) -> dict[str, str]:
        """The environment of a process, given the variables of its step."""
        return self.machine.environment(self.request.machine, own, self.path, github, self.tracking)

    def start(self) -> None:
        """Mask the secrets and start the clock."""
        for value in self.contexts["secrets"].values():
            self.masker.add_secret(value)
        minutes = 360.0 if self.result.timeout_minutes is None else self.result.timeout_minutes
        self._deadline = time.monotonic() + minutes * self.request.timing.minute_s

    def cancelled(self) -> bool:
        """Whether the job is cancelled by now: with the run, or because its time is over."""
        now = time.monotonic()
        if not self._cancelled_at and now > self._deadline:
            minutes = f"{self.result.timeout_minutes or 360:g}"
            message = f"The job has exceeded the maximum execution time of {minutes} minutes."
            self.result.annotations.append(Annotation("error", message, own=True))
            self._cancelled_at = now
        if not self._cancelled_at and self.run.cancelled and not self._spared:
            self._spared = self.keep()
            self._cancelled_at = 0.0 if self._spared else now
        if self._cancelled_at:
            self.status = "cancelled"
        return bool(self._cancelled_at)

    def forced(self) -> bool:
        """Whether the server has lost its patience with a cancelled job: nothing of it runs any longer."""
        return bool(self._cancelled_at) and time.monotonic() - self._cancelled_at > self.request.timing.forced_s

    def watch(self, line: str, process: StepProcess) -> None:
        """Do what the test wants to happen when it sees this line of output."""
        for one in self.request.interruptions:
            if not one.done and re.search(one.pattern, line):
                one.done = True
                if one.kind == "kill":
                    process.kill()
                else:
                    self.run.cancelled = True

    def run_posts(self) -> None:
        """Run what actions left for the end."""
        while self.posts:
            before, action, condition = self.posts.pop()
            step = StepResult("", f"Post Run {before.uses}", outcome="skipped", conclusion="skipped")
            self.result.steps.append(step)
            if self.expressions.condition(condition, {}, status_functions(self.status, self.cancelled())):
                out = Output([step], self.masker, self.mistake)
                with self.judged(step, out):
                    action(dataclasses.replace(before, out=out))
                if step.conclusion == "failure" and self.status == "success":
                    self.status = "failure"

    @contextlib.contextmanager
    def judged(self, step: StepResult, out: Output) -> Iterator[None]:
        """Give `step` its outcome by how the block ends."""
        try:
            yield
            step.outcome = step.outcome if step.outcome not in ("", "skipped") else "success"
        except ActionFailed as error:
            out.annotate("error", str(error))
            step.outcome = "failure"
        step.conclusion = step.outcome

    def finish(self, outputs: Mapping[str, Any], contexts: Mapping[str, Any]) -> None:
        """Complete the job: outputs, conclusion, and the processes that it left."""
        for name, expression in outputs.items():
            try:
                value = self.expressions.text(expression, only(contexts, "job.outputs"))
            except ExpressionError as error:
                self.result.annotations.append(Annotation("error", f"Fail to evaluate job outputs: {error}", own=True))
                self.status = "failure" if self.status == "success" else self.status
                continue
            if value != self.masker.mask(value):
                message = f"Skip output '{name}' since it may contain secret."
                self.result.annotations.append(Annotation("warning", message, own=True))
                self.mistake(message)
                value = ""
            self.result.outputs[name] = value
        self.result.conclusion = self.status

    def end_processes(self) -> None:
        """Kill what the steps left running."""
        self.result.orphans += end_left_over(self.tracking)
