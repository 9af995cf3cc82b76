"""What a run of a workflow came to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: GitHub makes annotations of so many errors, warnings and notices of a step, and only logs the rest.
SHOWN = 10


@dataclasses.dataclass(frozen=True)
class Annotation:
    """An error, warning or notice. `own`: the runner says it, not the step. The runner masks `message` only."""

    level: str
    message: str
    title: str = ""
    file: str = ""
    line: str = ""
    step: str = ""
    own: bool = False


@dataclasses.dataclass
class StepResult:
    """A step. Of a composite action, `log`, `raw` and `annotations` have those of the nested `steps` too."""

    id: str
    name: str
    outcome: str = ""
    conclusion: str = ""
    log_lines: list[str] = dataclasses.field(default_factory=list)
    raw_lines: list[str] = dataclasses.field(default_factory=list)
    summary: str = ""
    raw_summary: str = ""
    annotations: list[Annotation] = dataclasses.field(default_factory=list)
    outputs: dict[str, str] = dataclasses.field(default_factory=dict)
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    duration_s: float = 0.0
    exit_code: int | None = None
    signals: list[tuple[str, float]] = dataclasses.field(default_factory=list)
    steps: list[StepResult] = dataclasses.field(default_factory=list)

    @property
    def log(self) -> str:
        """Its log as GitHub shows it, masked."""
        return "\n".join(self.log_lines)

    @property
    def raw(self) -> str:
        """What its processes printed, unmasked."""
        return "\n".join(self.raw_lines)

    @property
    def shown(self) -> list[Annotation]:
        """The annotations that GitHub shows: the first of each level."""
        return [
            one
            for index, one in enumerate(self.annotations)
            if sum(other.level == one.level for other in self.annotations[:index]) < SHOWN
        ]

    def walk(self) -> Iterator[StepResult]:
        """This step and all nested ones."""
        yield self
        for step in self.steps:
            yield from step.walk()


@dataclasses.dataclass
class JobResult:
    """A job, or one leg of its matrix. `id` of a job of a called workflow is `caller/called`."""

    id: str
    name: str
    conclusion: str = "success"
    permissions: dict[str, str] = dataclasses.field(default_factory=dict)
    concurrency: dict[str, Any] | None = None
    runs_on: Any = None
    matrix: dict[str, Any] = dataclasses.field(default_factory=dict)
    timeout_minutes: float | None = None
    outputs: dict[str, str] = dataclasses.field(default_factory=dict)
    steps: list[StepResult] = dataclasses.field(default_factory=list)
    annotations: list[Annotation] = dataclasses.field(default_factory=list)
    orphans: list[str] = dataclasses.field(default_factory=list)
    continue_on_error: bool = False
    workspace: Path | None = None

    @property
    def result(self) -> str:
        """What `needs.<id>.result` says: a failure that may be is a success."""
        return "success" if self.continue_on_error and self.conclusion == "failure" else self.conclusion

    def step(self, name: str) -> StepResult:
        """The step with this id or name, nested ones too."""
        for top in self.steps:
            for step in top.walk():
                if name in (step.id, step.name):
                    return step
        raise KeyError(f"{self.name} has no step {name}: {[step.name for step in self.steps]}")

    @property
    def log(self) -> str:
        """The whole log, masked."""
        return "\n".join(step.log for step in self.steps)

    @property
    def summary(self) -> str:
        """The summaries of its steps, one after the other, as the page of the run shows them."""
        return "\n".join(nested.summary for step in self.steps for nested in step.walk() if nested.summary)

    @property
    def all_annotations(self) -> list[Annotation]:
        """Those of the job and of its steps."""
        return [*self.annotations, *(one for step in self.steps for one in step.annotations)]


@dataclasses.dataclass
class WorkflowRun:
    """A run.

    :ivar calls: the jobs that call a workflow; GitHub's page has no job of its own for them.
    :ivar artifacts: a directory for each artifact, by its name.
    :ivar mistakes: what GitHub rejects, warns of, or what does not do what its author meant.
    """

    jobs: list[JobResult] = dataclasses.field(default_factory=list)
    calls: list[JobResult] = dataclasses.field(default_factory=list)
    artifacts: Path = Path()
    concurrency: dict[str, Any] | None = None
    mistakes: list[str] = dataclasses.field(default_factory=list)
    cancelled: bool = False

    @property
    def conclusion(self) -> str:
        """success, failure, cancelled or skipped."""
        results = {job.result for job in self.jobs} | {call.result for call in self.calls}
        for worst in ("failure", "cancelled", "success"):
            if worst in results:
                return worst
        return "skipped"

    def job(self, name: str) -> JobResult:
        """The job with this id or name."""
        for job in (*self.jobs, *self.calls):
            if name in (job.id, job.name):
                return job
        raise KeyError(f"no job {name}: {[job.name for job in self.jobs]}")

    @property
    def log(self) -> str:
        """The logs of all jobs, masked."""
        return "\n".join(job.log for job in self.jobs)

    @property
    def raw(self) -> str:
        """What all processes printed and wrote as summaries, unmasked."""
        steps = [step for job in self.jobs for step in job.steps]
        return "\n".join(text for top in steps for text in (top.raw, *(step.raw_summary for step in top.walk())))

    @property
    def annotations(self) -> list[Annotation]:
        """All of them."""
        return [one for job in self.jobs for one in job.all_annotations]
