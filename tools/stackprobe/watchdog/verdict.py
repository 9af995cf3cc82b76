"""What the watchdog found about one watched run or job."""

from __future__ import annotations

from dataclasses import dataclass, field

from stackprobe.results import Outcome


@dataclass
class Verdict:
    """Whether the runs of one cloud or job arrive.

    :ivar name: ``run demo/RegionOne`` or ``job probe-demo@periodic``, the same each time.
    :ivar alarms: why somebody has to look, a line each.
    :ivar notes: what is worth a line and no alarm.
    :ivar blind: why the watchdog could not judge, or None.
    :ivar facts: what it saw, when all is well.
    """

    name: str
    alarms: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    blind: str | None = None
    facts: str = ""
    duration_ms: float = 0.0

    @property
    def outcome(self) -> Outcome:
        """Passed: all arrive; failed: an alarm; error: could not judge."""
        if self.alarms:
            return Outcome.FAILED
        return Outcome.ERROR if self.blind else Outcome.PASSED

    @property
    def lines(self) -> list[str]:
        """Everything there is to say, the most important first."""
        return [f"{self.name}: {line}" for line in [*self.alarms, *([self.blind] if self.blind else []), *self.notes]]
