"""What the engine remembers of a scenario while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from stackprobe.engine.background import Background
from stackprobe.engine.classify import ERROR, FAILED, PASSED, SKIPPED


@dataclass
class ScenarioState:
    """What is known of one scenario (or of one repetition of it) while it runs.

    ``began`` and ``answered`` are monotonic seconds.
    """

    name: str
    began: float
    answered: float
    outcomes: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    finished: bool = False
    skipped: bool = False
    """It was closed before its first step, and so are all its repetitions."""
    cut: str | None = None
    """Why its remaining steps are not executed."""
    failed_at: str | None = None
    """File and line of the last task that failed and is no step."""
    stopped_by_step: bool = False
    """Its last step says itself why the scenario could not go on."""
    fatal_steps: set[str] = field(default_factory=set)
    """Names of all steps that said so; of a loop, Ansible names the task once more when all its items are through."""
    background: list[Background] = field(default_factory=list)
    """The steps that go on beside the others."""


def worst(outcomes: list[str]) -> str:
    """The outcome of a whole: failed before error before passed; skipped only when nothing else happened."""
    return next((one for one in (FAILED, ERROR, PASSED) if one in outcomes), SKIPPED)
