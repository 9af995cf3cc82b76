"""What was found about the service levels of one run."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Damped:
    """A verdict seen together with those of the runs before.

    :ivar alarm: enough of the last runs were bad, and not yet enough good again.
    :ivar flapping: the verdict changed too often within the last runs; then an alarm does not end.
    :ivar bad: bad ones of the last `seen` runs that were judged, this one among them.
    :ivar known: False where earlier runs are not known, so that a bad run is an alarm at once.
    """

    alarm: bool = False
    flapping: bool = False
    bad: int = 0
    seen: int = 0
    known: bool = True

    @property
    def text(self) -> str:
        """``alarm: bad in 2 of the last 3 runs``, ``flapping``, ``no alarm``."""
        if not self.known:
            return "alarm, undamped: earlier runs are not known" if self.alarm else "no alarm"
        name = "alarm" if self.alarm else "no alarm"
        if self.flapping:
            name = f"flapping, {name}"
        return f"{name}: bad in {self.bad} of the last {self.seen} runs" if self.bad else name


@dataclass(frozen=True)
class Verdict:
    """What one rule says of one run.

    :ivar ok: None where it could not be judged: never a pass.
    :ivar reason: one sentence without a full stop, with the figures it rests on.
    :ivar service: the type of the service that the subject belongs to, if it belongs to one.
    :ivar severity: ``degraded`` or ``down``: what the service is while the rule is in alarm.
    """

    rule: str
    subject: str
    service: str | None
    ok: bool | None
    reason: str
    severity: str = "degraded"
    damped: Damped = field(default_factory=Damped)

    @property
    def word(self) -> str:
        """``ok``, ``bad`` or ``unknown``."""
        return "unknown" if self.ok is None else "ok" if self.ok else "bad"


@dataclass(frozen=True)
class DampedRun:
    """The outcome of a run seen together with those before.

    :ivar alarms: what is in alarm, a line each.
    :ivar blips: what failed in this run and is no alarm, a line each.
    """

    alarms: tuple[str, ...] = ()
    blips: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evaluation:
    """All service levels of one run.

    :ivar run_id: of the run that was judged.
    :ivar blind: why earlier runs were not known, or None.
    :ivar run: where the exit code follows the damped state.
    """

    run_id: str
    verdicts: tuple[Verdict, ...] = ()
    blind: str | None = None
    run: DampedRun | None = None
    notes: tuple[str, ...] = ()

    @property
    def bad(self) -> list[Verdict]:
        """What this run did not hold."""
        return [one for one in self.verdicts if one.ok is False]

    @property
    def alarms(self) -> list[Verdict]:
        """What is in alarm, also where this run was good."""
        return [one for one in self.verdicts if one.damped.alarm]

    def exit_code(self, raw: int) -> int:
        """The exit code of a run that would end with ``raw`` by itself: a probe that erred remains 2."""
        if self.run is None or raw not in (0, 1):
            return raw
        return 1 if self.run.alarms else 0
