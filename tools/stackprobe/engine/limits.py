"""How long steps and scenarios may take: what the configuration says goes before what a step says itself."""

from __future__ import annotations

from collections.abc import Mapping

from stackprobe.config.known import TOTAL
from stackprobe.engine.steps import Step
from stackprobe.engine.steps.base import seconds
from stackprobe.engine.unit import parts_of
from stackprobe.metricname import key_of


class Limits:
    """Limits in seconds.

    :param within: those of the configuration, by scenario and key of the step.
    """

    def __init__(self, within: Mapping[str, Mapping[str, float]]) -> None:
        self._within = within

    def of(self, step: Step) -> float | None:
        """The limit of a step; None where it has none."""
        limit_s = self._of_scenario(step.scenario).get(key_of(step.name))
        return seconds(step.arguments, "limit", None) if limit_s is None else limit_s

    def total(self, scenario: str) -> float | None:
        """The limit of a scenario (of each of its repetitions) as a whole, teardown included."""
        return self._of_scenario(scenario).get(TOTAL)

    def _of_scenario(self, scenario: str) -> Mapping[str, float]:
        return self._within.get(parts_of(scenario)[0], {})
