"""Where steps stand, and one step that runs."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.github.runner.expressions import only
from tests.github.runner.job import Job, Status
from tests.github.runner.output import Output
from tests.github.runner.results import StepResult
from tests.github.runner.sources import Document


@dataclasses.dataclass
class Scope:
    """Where steps stand: in a job, or (with `action_path`) in a composite action.

    :ivar environment: of the step that calls the composite action.
    :ivar steps: the `steps` context.
    :ivar status: of the composite action so far; a job has its own.
    """

    document: Document
    results: list[StepResult]
    chain: Sequence[StepResult] = ()
    inputs: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    action_path: Path | None = None
    steps: dict[str, Any] = dataclasses.field(default_factory=dict)
    status: Status = "success"
    deadline: float = float("inf")

    @property
    def key(self) -> str:
        """Which contexts its steps may use: a key of expressions.AVAILABLE."""
        return "composite" if self.action_path else "step"


@dataclasses.dataclass
class Step:
    """A step whose condition holds.

    :ivar contexts: those of its scope, and `env` with its own.
    :ivar own: its own environment variables and those of the composite actions around it.
    :ivar goes_on: asked when its job is cancelled: whether its condition lets it go on.
    """

    job: Job
    content: dict[str, Any]
    scope: Scope
    contexts: dict[str, Any]
    out: Output
    own: dict[str, str]
    goes_on: Callable[[], bool]
    run_nested: Callable[[Sequence[dict[str, Any]], Scope], dict[str, Any]]
    timed_out: bool = False
    deadline: float = float("inf")
    _cancelled_before: bool = False
    _goes_on: bool | None = None

    def start(self) -> None:
        """Start its clock."""
        self._cancelled_before = self.job.cancelled()
        minutes = float(self.value("timeout-minutes") or "inf")
        self.deadline = min(self.scope.deadline, time.monotonic() + minutes * self.job.request.timing.minute_s)

    def value(self, name: str) -> Any:
        """What stands under a key of the step, its expressions evaluated."""
        available = only(self.contexts, self.scope.key)
        return self.job.expressions.value(self.content.get(name), available, self.job.machine.workspace)

    def stop(self) -> bool:
        """Whether it is to end now: its time is over, or its job is cancelled and its condition does not hold."""
        self.timed_out = self.timed_out or time.monotonic() > self.deadline
        if self.timed_out:
            return True
        if not self.job.cancelled() or self._cancelled_before:
            return False
        if self._goes_on is None:
            self._goes_on = self.goes_on()
        return not self._goes_on
