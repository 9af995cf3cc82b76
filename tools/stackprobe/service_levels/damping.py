"""N of M: one bad run is no alarm, an outage is one with its second, and one good run does not end it.

The verdicts of earlier runs are gone through in the order of time, so that the same history always gives the same
state, on whatever machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackprobe.flapping import CHANGES, WITHIN, flaps
from stackprobe.history.model import Sample
from stackprobe.service_levels.verdict import Damped

DAY_S = 86400.0
HORIZON_S = 7 * DAY_S
"""What is older is no part of the state any more."""


@dataclass(frozen=True)
class Damping:
    """How many bad runs are an alarm, and as many good ones its end.

    :param bad: so many bad ones of the last ``of`` are an alarm.
    :param changes: so many changes within the last ``within`` runs are flapping.
    """

    bad: int = 2
    of: int = 3
    changes: int = CHANGES
    within: int = WITHIN

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Damping:
        """What ``damping`` and ``flapping`` of a rule say."""
        damping, flapping = given.get("damping", {}), given.get("flapping", {})
        bad = damping.get("bad", cls.bad)
        return cls(
            bad,
            damping.get("of", max(cls.of, bad)),
            flapping.get("changes", cls.changes),
            flapping.get("of", cls.within),
        )

    @property
    def memory(self) -> int:
        """So many judged runs, before the one that is looked at, are looked at."""
        return max(self.of, self.within)


def damped(damping: Damping, earlier: Sequence[bool], now: bool | None, *, known: bool = True) -> Damped:
    """The state after a run.

    :param earlier: whether the runs before were good, those that were judged alone, in the order of time.
    :param now: whether this run was; None: not judged, which changes no state.
    :param known: whether there is anything to know of earlier runs.
    """
    if not known:
        return Damped(alarm=now is False, bad=int(now is False), seen=int(now is not None), known=False)
    judged = [*earlier, *([] if now is None else [now])]
    alarm = flapping = False
    begin = 0
    for end in range(1, len(judged) + 1):
        first = max(end - damping.of, begin if alarm else 0)
        recent = judged[first:end]
        flapping = flaps(judged[:end], damping.changes, damping.within)
        if not alarm:
            alarm = not recent[-1] and recent.count(False) >= damping.bad
            begin = first + recent.index(False) if alarm else 0  # what was good before it is not to end it
        elif recent[-1] and recent.count(True) >= damping.bad and not flapping:
            alarm = False
    recent = judged[-damping.of :]
    return Damped(alarm, flapping, recent.count(False), len(recent))


def verdicts(good: Sequence[Sample], bad: Sequence[Sample]) -> list[bool]:
    """Earlier verdicts from two series, one of which has more than 0 for every run that was judged.

    Where Graphite has put several runs into one value, the more frequent verdict counts, and bad one of equals.
    """
    share: dict[int, list[float]] = {}
    for place, series in enumerate((good, bad)):
        for sample in series:
            share.setdefault(sample.t, [0.0, 0.0])[place] = sample.value
    return [fine > wrong for _, (fine, wrong) in sorted(share.items()) if fine > 0 or wrong > 0]
