"""Joins: steps that wait for those in the background and tell how these went together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from stackprobe.engine.background import Background, gather
from stackprobe.engine.classify import PASSED, StepError
from stackprobe.engine.state import ScenarioState
from stackprobe.engine.steps import Step
from stackprobe.engine.steps.arguments import is_true
from stackprobe.results.statistics import percentile

KIND = "join"
"""The kind of step that joins."""


class Join:
    """A join that is over: the steps in the background of its zone, or all of the scenario, have their answers.

    With ``keep`` the next join looks at them again. With ``give_up`` one that goes wrong ends the others of its zone.

    :param give_up: ends what goes on in the background of a zone.
    """

    def __init__(self, step: Step, state: ScenarioState, give_up: Callable[[str | None], None]) -> None:
        self._step = step
        self._joined = [one for one in state.background if step.zone in (None, one.zone)]
        gives_up = is_true(step.arguments.get("give_up"))
        self._answers = gather(self._joined, lambda zone: give_up(zone) if gives_up else None)
        if not is_true(step.arguments.get("keep")):
            state.background = [one for one in state.background if one not in self._joined]

    @property
    def measured(self) -> bool:
        """Whether it is a step of its own: that was asked for (``measure``), and all went well."""
        well = not any(one["fatal"] for one in self._answers)
        return bool(self._joined) and well and is_true(self._step.arguments.get("measure"))

    def span(self) -> tuple[float, float]:
        """When the first one began and the last one ended, monotonic seconds."""
        return Background.span(self._joined)

    def figures(self) -> dict[str, float]:
        """How the figures of the joined steps lie, as ``spread`` asks for it.

        :raises StepError: ``spread`` is malformed.
        """
        return spread(self._step.arguments.get("spread"), [one.get("figures") or {} for one in self._answers])

    def answer(self) -> dict[str, Any]:
        """The first answer that went wrong, or that all is well; its result has all of them in short."""
        bad = next((one for one in self._answers if one["fatal"]), {"outcome": PASSED, "message": "", "fatal": False})
        pairs = list(zip(self._joined, self._answers, strict=True))
        wrong = [one.zone for one, answer in pairs if answer["fatal"]]
        results = [{"zone": one.zone, **_in_short(answer)} for one, answer in pairs]
        return {**bad, "result": {"wrong_zones": wrong, "results": results}}


def spread(wanted: Any, measured: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Smallest, median, 95th percentile and largest value of figures that steps share, and of how many steps.

    :param wanted: a mapping of what the new figures are called to the figure of the steps, which ends with its unit:
        ``{login: since_ms}`` gives ``login_min_ms``, ``login_median_ms``, …
    :param measured: the figures of each step; one that has not the figure is left out.
    :raises StepError: ``wanted`` is no such mapping.
    """
    if wanted in (None, ""):
        return {}
    if not isinstance(wanted, Mapping) or not all(isinstance(one, str) and "_" in one for one in wanted.values()):
        raise StepError(f"`spread` must be a mapping of names to figures of the joined steps, not {wanted!r}")
    steps = list(measured)
    found: dict[str, float] = {}
    for name, figure in wanted.items():
        values = sorted(step[figure] for step in steps if figure in step)
        if not values:
            continue
        unit = figure.rpartition("_")[2]
        found |= {
            f"{name}_min_{unit}": values[0],
            f"{name}_median_{unit}": percentile(values, 0.5),
            f"{name}_p95_{unit}": percentile(values, 0.95),
            f"{name}_max_{unit}": values[-1],
            f"{name}_count": float(len(values)),
        }
    return found


def _in_short(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of an answer where there are many."""
    return {name: answer.get(name) for name in ("outcome", "duration_ms", "result")}
