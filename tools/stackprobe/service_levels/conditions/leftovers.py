"""``leftovers``: how many resources a run, or a scenario of it, may leave."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from stackprobe.results import Results
from stackprobe.service_levels.conditions.base import Condition, Judgement, Mistake
from stackprobe.service_levels.past import Past
from stackprobe.service_levels.subject import Subject

KEYS = ("leftovers",)
ALSO = ()
SUBJECTS = ("scenario", "run")


@dataclass(frozen=True)
class Leftovers(Condition):
    """At most so many resources were left."""

    most: int

    @property
    def scope(self) -> Hashable:
        return "leftovers"

    @property
    def leniency(self) -> tuple[float, ...]:
        return (self.most,)

    def judge(self, subject: Subject, results: Results, past: Past) -> Judgement:
        left = subject.leftovers(results)
        if left is None:
            return Judgement(None, f"{subject.text} did not run")
        return Judgement(left <= self.most, f"{left} left, {self.most} allowed")


def read(given: Mapping[str, Any]) -> Condition:
    """Make it.

    :raises Mistake: it cannot be right.
    """
    if given["leftovers"] < 0:
        raise Mistake(("leftovers",), "this would always be bad: nothing is left less than 0 times", "give 0 or more")
    return Leftovers(given["leftovers"])
