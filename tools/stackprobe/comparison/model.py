"""What a comparison found, as data. Durations are milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from stackprobe.results.statistics import Spread, Statistics


class Verdict(StrEnum):
    """What is worth a look in a row, from B's point of view, the most important first."""

    BROKEN = "newly bad"
    MENDED = "recovered"
    SLOWER = "slower"
    FASTER = "faster"
    ONLY_A = "only in A"
    ONLY_B = "only in B"
    SAME = ""


@dataclass
class Side:
    """One side: what it is called, and what was measured.

    :ivar runs: their ids.
    """

    name: str
    statistics: Statistics = field(default_factory=Statistics)
    runs: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Measured:
    """A step or a kind of call on one side.

    :ivar number: how often it was there; ``bad`` of them went wrong.
    :ivar outcome: ``passed``, ``failed 2 of 5``; of calls ``ok``, ``2 of 5 bad``.
    """

    number: int
    bad: int
    outcome: str
    spread: Spread


@dataclass(frozen=True, slots=True)
class Row:
    """A step or a kind of call on both sides; a side is None where it is not there.

    :ivar where: the scenario, or the service.
    :ivar difference_ms: of the medians, positive where B takes longer; None where a side has no duration.
    :ivar ratio: B's median by A's; None where that is zero, too.
    """

    where: str
    what: str
    a: Measured | None
    b: Measured | None
    difference_ms: float | None
    ratio: float | None
    verdict: Verdict

    @property
    def is_noticeable(self) -> bool:
        """Whether it is worth a look."""
        return self.verdict is not Verdict.SAME


@dataclass
class Comparison:
    """Both sides and all rows: steps in the order of A's runs, then those that only B has; calls by service."""

    a: Side
    b: Side
    steps: list[Row]
    calls: list[Row]

    @property
    def noticeable(self) -> list[Row]:
        """What is worth a look, the most important first."""
        order = list(Verdict)
        found = [row for row in [*self.steps, *self.calls] if row.is_noticeable]
        return sorted(found, key=lambda row: (order.index(row.verdict), -abs(row.difference_ms or 0.0)))
