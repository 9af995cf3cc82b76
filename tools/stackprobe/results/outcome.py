"""The four outcomes and how they combine."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """Outcome of a check, a step, a scenario or a run. Failed is the cloud's fault, error is ours."""

    FAILED = "failed"
    ERROR = "error"
    PASSED = "passed"
    SKIPPED = "skipped"

    @property
    def is_bad(self) -> bool:
        """Whether somebody has to look at it."""
        return self in (Outcome.FAILED, Outcome.ERROR)


#: From worst to best. Skipped comes last: it counts only where nothing was proven either way.
ORDER = (Outcome.FAILED, Outcome.ERROR, Outcome.PASSED, Outcome.SKIPPED)


def worst_of(outcomes: Iterable[Outcome], nothing: Outcome = Outcome.ERROR) -> Outcome:
    """The worst outcome: failed before error before passed before skipped.

    :param nothing: what an empty collection means. Nothing was proven: an error, unless the caller knows better.
    """
    return min(outcomes, key=ORDER.index, default=nothing)


def exit_code(outcome: Outcome) -> int:
    """Exit code of ``stackprobe run``: 0 passed, 1 the cloud failed, 2 the probe could not judge."""
    return {Outcome.PASSED: 0, Outcome.FAILED: 1}.get(outcome, 2)


def parse(value: object) -> Outcome:
    """An outcome from its text in a journal; what is no outcome is an error, never a pass."""
    try:
        return Outcome(str(value))
    except ValueError:
        return Outcome.ERROR
