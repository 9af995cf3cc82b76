"""``probe_check``: an assertion on what earlier steps returned."""

from __future__ import annotations

from typing import Any

from stackprobe.engine.classify import StepError
from stackprobe.engine.steps.base import Step, StepContext, StepKind
from stackprobe.engine.steps.command import figures_of, measured


class CheckStep(StepKind):
    """Checks ``expect`` on ``value``.

    ``figures`` maps names, which end with their unit, to where the numbers stand in the value.
    """

    name = "check"
    required = frozenset({"value", "expect"})
    optional = frozenset({"figures"})

    def run(self, context: StepContext, step: Step) -> Any:
        if not step.arguments["expect"]:
            raise StepError("probe_check needs something to expect")
        for name, figure in figures_of(step.arguments.get("figures")).items():
            context.figures[name] = measured(step.arguments["value"], name, figure)
        context.verify(step.arguments["value"], step.arguments["expect"])
        return None
