"""Makes incidents of a service of the troubles of its scenarios and rules."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from stackprobe.state.damping import Trouble
from stackprobe.state.model import Incident, Phase


def incidents(service: str, troubles: Iterable[Trouble]) -> tuple[Incident, ...]:
    """The incidents, in the order of time: a new one begins where nothing was wrong in between."""
    found: list[list[Phase]] = []
    for phase in _phases(list(troubles)):
        if found and found[-1][-1].until_t == phase.from_t:
            found[-1].append(phase)
        else:
            found.append([phase])
    return tuple(Incident(service, tuple(phases)) for phases in found)


def _phases(troubles: list[Trouble]) -> list[Phase]:
    """Where the worst level of the troubles stays the same."""
    ends = sorted({t for one in troubles for t in (one.from_t, math.inf if one.until_t is None else one.until_t)})
    phases: list[Phase] = []
    for from_t, until_t in pairwise(ends):
        there = [one for one in troubles if one.from_t <= from_t and (one.until_t is None or one.until_t >= until_t)]
        if not there:
            continue
        level = max(one.level for one in there)
        causes = tuple(dict.fromkeys(one.cause for one in there))
        end = None if until_t == math.inf else until_t
        last = phases[-1] if phases else None
        if last and last.until_t == from_t and last.level is level:
            phases[-1] = Phase(level, last.from_t, end, tuple(dict.fromkeys((*last.causes, *causes))))
        else:
            phases.append(Phase(level, from_t, end, causes))
    return phases
