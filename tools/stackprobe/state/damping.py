"""N of M: one bad run is a blip, an outage is one with its second bad run, and one good run does not end it.

One that comes and goes is one trouble, flapping, and not a new one each time.

The runs are gone through in the order of time, so that the same history gives the same troubles on whatever machine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stackprobe.flapping import WITHIN, flaps
from stackprobe.state.model import Judgement, Level, Signal

TROUBLES = (Level.DEGRADED, Level.DOWN)


@dataclass(frozen=True)
class Damping:
    """So many bad ones of the last runs are a trouble, and as many good ones its end, unless it is flapping."""

    bad: int = 2
    of: int = 3

    @classmethod
    def read(cls, given: Mapping[str, int]) -> Damping:
        """What ``damping`` of the configuration says."""
        return cls(given.get("bad", cls.bad), given.get("of", cls.of))


@dataclass(frozen=True)
class Trouble:
    """A stretch in which one signal was bad, damped.

    :ivar from_t: the start of the first bad run among those that made it one, unix seconds.
    :ivar until_t: the start of the first good run after the last bad one; None: it lasts.
    """

    level: Level
    from_t: float
    until_t: float | None
    cause: str


def troubles(signal: Signal, judged: Iterable[Judgement], damping: Damping) -> list[Trouble]:
    """The troubles that judgements of a signal tell of. Those at both levels overlap.

    :param judged: judgements that could be made, in the order of time.
    """
    judgements = list(judged)
    damping = Damping(1, 1) if signal.rule else damping
    return [trouble for level in TROUBLES for trouble in _of_level(signal.called, judgements, damping, level)]


def lasts(good: Sequence[bool], damping: Damping) -> bool:
    """Whether a trouble lasts after runs of which it is known whether they were good, in the order of time."""
    judged = [Judgement(t, float(not one), Level.UP if one else Level.DOWN) for t, one in enumerate(good)]
    return any(one.until_t is None for one in _of_level("", judged, damping, Level.DOWN))


def _of_level(cause: str, judged: list[Judgement], damping: Damping, level: Level) -> Iterable[Trouble]:
    if all(one.level < level for one in judged):
        return
    recent: deque[Judgement] = deque(maxlen=damping.of)
    good: deque[bool] = deque(maxlen=WITHIN)
    from_t: float | None = None
    good_t: float | None = None  # the start of the first good run since the last bad one
    for one in judged:
        recent.append(one)
        good.append(one.level < level)
        wrong = [each.t for each in recent if each.level >= level]
        if one.level >= level:
            good_t = None
            if from_t is None and len(wrong) >= damping.bad:
                from_t = wrong[0]
                while recent[0].t < from_t:
                    recent.popleft()  # what was good before it is not to end it
            continue
        good_t = one.t if good_t is None else good_t
        if from_t is not None and len(recent) - len(wrong) >= min(damping.bad, damping.of) and not flaps(list(good)):
            yield Trouble(level, from_t, good_t, cause)
            from_t = None
            recent.clear()  # what ended it is not to begin the next one
            recent.append(one)
    if from_t is not None:
        yield Trouble(level, from_t, None, cause)
