"""``success_ratio``: how much of what was tried has to go well, from 0 to 1.

Of steps, scenarios and runs: passed of passed and failed. What the probe itself could not judge, and what was
skipped, is in neither. Of API calls: answers 2xx, 3xx and 404 of all calls.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stackprobe.results import Results
from stackprobe.service_levels import earlier
from stackprobe.service_levels.conditions.base import Condition, Judgement, Mistake
from stackprobe.service_levels.conditions.window import DEFAULT_MINIMUM, over, too_few, window
from stackprobe.service_levels.past import Need, Past
from stackprobe.service_levels.subject import Subject

KEYS = ("success_ratio",)
ALSO = ("window", "minimum")
SUBJECTS = ("step", "scenario", "calls", "run")
_ROUNDING = 1e-9


@dataclass(frozen=True)
class SuccessRatio(Condition):
    """At least this share went well."""

    least: float
    window_s: float | None
    minimum: int

    @property
    def scope(self) -> Hashable:
        return "success_ratio", self.window_s

    @property
    def leniency(self) -> tuple[float, ...]:
        return (-self.least,)

    def needs(self, subject: Subject) -> Iterable[Need]:
        return [] if self.window_s is None else [earlier.tally_need(subject, self.window_s)]

    def judge(self, subject: Subject, results: Results, past: Past) -> Judgement:
        tally = subject.tally(results)
        if not tally.all:
            return Judgement(None, f"{subject.text} was not judged in this run")
        if self.window_s is not None:
            tally += earlier.tally(subject, past, self.window_s)
            if past.blind:
                return Judgement(None, past.blind)
            if tally.all < self.minimum:
                return too_few(tally.all, self.minimum, self.window_s, "tries")
        ratio = tally.good / tally.all
        return Judgement(
            ratio >= self.least - _ROUNDING,
            f"{tally.good:g} of {tally.all:g} went well {over(self.window_s)}, {ratio:.2%}"
            f" of at least {self.least:.2%}",
        )


def read(given: Mapping[str, Any]) -> Condition:
    """Make it.

    :raises Mistake: it cannot be right.
    """
    least = float(given["success_ratio"])
    if least <= 0:
        raise Mistake(("success_ratio",), "this can never be bad: no ratio is below 0", "give a share up to 1, as 0.99")
    if least > 1:
        raise Mistake(
            ("success_ratio",),
            "this would always be bad: no ratio is above 1",
            f"write {least / 100:g} for {least:g} %",
        )
    return SuccessRatio(least, window(given), given.get("minimum", DEFAULT_MINIMUM))
