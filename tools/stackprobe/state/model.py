"""What is known of the services of a cloud: how they are, how they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from stackprobe.history.model import PastRun
from stackprobe.maintenance import Window

RUN = "run"
"""What tells of a run as a whole, and the service that it tells of: the monitored cloud as such."""
ITSELF = "the run itself"
"""What reasons and causes call a run as a whole."""


class Level(IntEnum):
    """How bad something is; as a number the health that metrics-processor and its dashboards use."""

    UP = 0
    DEGRADED = 1
    DOWN = 2

    @property
    def word(self) -> str:
        """``up``, ``degraded`` or ``down``."""
        return self.name.lower()


class Status(StrEnum):
    """What a service is called now."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one run says of one scenario or rule.

    :ivar t: the start of the run, unix seconds.
    :ivar bad: the share of it that was bad, 0 to 1; None: it could not be judged.
    :ivar level: what that makes of a service.
    """

    t: int
    bad: float | None
    level: Level = Level.UP
    skipped: bool = False


@dataclass(frozen=True)
class Signal:
    """What tells of services: a scenario, or a rule.

    :ivar services: the services that it tells of.
    :ivar judgements: in the order of time. Those of a rule are damped already: with a level where it is in alarm.
    :ivar every_s: how often it is judged, seconds.
    """

    name: str
    services: tuple[str, ...]
    judgements: Sequence[Judgement]
    every_s: float
    rule: bool = False

    @property
    def called(self) -> str:
        """As reasons call it."""
        if self.name == RUN and not self.rule:
            return ITSELF
        return f"the rule {self.name}" if self.rule else self.name

    @property
    def stale_s(self) -> float:
        """A judgement says nothing any more of what is so many seconds after it."""
        return PATIENCE * self.every_s


PATIENCE = 2.5
"""So many intervals after a run, nothing is known any more; the watchdog waits as long for two missing runs."""


@dataclass(frozen=True)
class Phase:
    """A stretch in which a service was not up.

    :ivar from_t: the start of the first run that was bad, unix seconds.
    :ivar until_t: the start of the first run that was good again; None: it lasts.
    :ivar causes: scenarios and rules that say so.
    """

    level: Level
    from_t: float
    until_t: float | None
    causes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Incident:
    """Phases of a service that follow each other without a time in which it was up."""

    service: str
    phases: tuple[Phase, ...]

    @property
    def from_t(self) -> float:
        """Its start, unix seconds."""
        return self.phases[0].from_t

    @property
    def until_t(self) -> float | None:
        """Its end, unix seconds; None: it lasts."""
        return self.phases[-1].until_t

    @property
    def worst(self) -> Level:
        """The worst of its levels."""
        return max(phase.level for phase in self.phases)

    @property
    def level(self) -> Level:
        """Its last level."""
        return self.phases[-1].level

    @property
    def causes(self) -> tuple[str, ...]:
        """All scenarios and rules that told of it, in the order in which they did."""
        return tuple(dict.fromkeys(cause for phase in self.phases for cause in phase.causes))


@dataclass(frozen=True)
class Health:
    """How a service is now.

    :ivar level: 0, 1 or 2; what is unknown is 1, and so is maintenance in which something fails.
    :ivar reason: one sentence, or several, that tell what it rests on.
    :ivar seen_t: the start of the last run that judged it, unix seconds; None: none did.
    """

    status: Status
    level: Level
    reason: str
    seen_t: float | None = None
    maintenance: Window | None = None


@dataclass(frozen=True)
class Availability:
    """How much of a window of time a service was available.

    :ivar span_s: the length of the window, seconds.
    :ivar maintained_s: of that, planned maintenance.
    :ivar known_s: of the rest, what runs tell of.
    :ivar bad_s: of that, what was bad.
    """

    span_s: float
    maintained_s: float
    known_s: float
    bad_s: float

    @property
    def percent(self) -> float | None:
        """Percent of the known time; None: nothing is known."""
        return 100 * (1 - self.bad_s / self.known_s) if self.known_s > 0 else None

    @property
    def coverage_percent(self) -> float:
        """So much of the window, less maintenance, is known."""
        rest_s = self.span_s - self.maintained_s
        return min(100 * self.known_s / rest_s, 100.0) if rest_s > 0 else 0.0

    def budget_s(self, objective_percent: float) -> float:
        """The error budget of the window: so long it may be bad."""
        return (self.span_s - self.maintained_s) * (1 - objective_percent / 100)

    def left_percent(self, objective_percent: float) -> float | None:
        """What is left of the error budget, in percent of it, below 0 when it is overspent; None: nothing is known."""
        budget_s = self.budget_s(objective_percent)
        return 100 * (1 - self.bad_s / budget_s) if budget_s > 0 and self.known_s > 0 else None


@dataclass(frozen=True)
class Day:
    """One day of a service, UTC.

    :ivar level: the worst of it; None: nothing is known.
    """

    from_t: float
    level: Level | None
    availability: Availability


@dataclass(frozen=True)
class ServiceState:
    """All that is known of one service."""

    service: str
    health: Health
    incidents: tuple[Incident, ...]
    windows: dict[str, Availability]
    days: tuple[Day, ...] = ()
    scenarios: tuple[str, ...] = ()

    @property
    def incident(self) -> Incident | None:
        """The one that lasts."""
        last = self.incidents[-1] if self.incidents else None
        return last if last and last.until_t is None else None


@dataclass(frozen=True)
class CloudState:
    """All that is known of one cloud and region.

    :ivar region: None: the only one there is.
    :ivar now_t: when that was, unix seconds.
    :ivar trouble: why nothing is known, or None.
    :ivar seen_t: the start of the last run, unix seconds.
    :ivar maintenance: the windows that last or come within the next days.
    :ivar runs: those of the last 90 days, in the order of time.
    """

    cloud: str
    region: str | None
    now_t: float
    objective_percent: float
    services: tuple[ServiceState, ...] = ()
    trouble: str | None = None
    seen_t: float | None = None
    maintenance: tuple[Window, ...] = ()
    runs: tuple[PastRun, ...] = ()

    @property
    def name(self) -> str:
        """Cloud and region."""
        return f"{self.cloud} / {self.region}" if self.region else self.cloud

    @property
    def status(self) -> Status:
        """The worst status of its services: down, degraded, unknown, maintenance, up; unknown where there is none."""
        return min((one.health.status for one in self.services), key=WORST_FIRST.index, default=Status.UNKNOWN)

    @property
    def level(self) -> Level:
        """The worst level of its services; what is unknown is 1."""
        return max((one.health.level for one in self.services), default=Level.DEGRADED)


WORST_FIRST = (Status.DOWN, Status.DEGRADED, Status.UNKNOWN, Status.MAINTENANCE, Status.UP)
