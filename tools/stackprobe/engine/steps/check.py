"""``probe_check``: an assertion on what earlier steps returned."""

from __future__ import annotations

from typing import Any

from stackprobe.engine.classify import StepError
from stackprobe.engine.steps.base import Step, StepContext, StepKind


class CheckStep(StepKind):
    """Checks ``expect`` on ``value``."""

    name = "check"
    required = frozenset({"value", "expect"})

    def run(self, context: StepContext, step: Step) -> Any:
        if not step.arguments["expect"]:
            raise StepError("probe_check needs something to expect")
        context.verify(step.arguments["value"], step.arguments["expect"])
        return None
