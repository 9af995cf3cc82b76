"""What changed since the last run, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from stackprobe.comparison.rule import ENOUGH_PAST, is_noticeable, is_unusual
from stackprobe.outputs.earlier import Earlier, Was
from stackprobe.results import Outcome, Results
from stackprobe.results.outcome import worst_of
from stackprobe.results.statistics import StepKey, Tally, statistics

#: Most changes of one kind that are listed.
MOST = 30


class Kind(StrEnum):
    """The most important first."""

    BROKEN = "newly bad"
    MENDED = "recovered"
    SLOWER = "slower"
    FASTER = "faster"
    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True)
class Change:
    """One step; durations in milliseconds.

    :ivar usual: ``before_ms`` is the median of earlier runs, and not the last one alone.
    """

    kind: Kind
    scenario: str
    step: str
    before: Outcome | None = None
    now: Outcome | None = None
    before_ms: float | None = None
    now_ms: float | None = None
    usual: bool = False


@dataclass
class Changes:
    """All changes that are listed, by kind in the order of their importance, and how many of a kind are not."""

    listed: list[Change] = field(default_factory=list)
    left_out: dict[Kind, int] = field(default_factory=dict)


def changes(results: Results, earlier: Earlier, tallies: Mapping[StepKey, Tally] | None = None) -> Changes:
    """What changed; nothing where no earlier run is known.

    :param tallies: the statistics of the run's steps, where they are made already.
    """
    found: list[Change] = []
    last = earlier.last
    if last is None:
        return Changes()
    tallies = statistics([results]).steps if tallies is None else tallies
    for key, tally in tallies.items():
        figure = earlier.figures[key]
        was = last.steps.get(figure)
        if was is None:
            if figure.partition(".")[0] in last.scenarios:
                found.append(Change(Kind.NEW, key[0], tally.name, now=worst_of(tally.outcomes)))
            continue
        change = _changed(key[0], tally, was, [sample.value for sample in earlier.durations_of(key)])
        if change:
            found.append(change)
    here = set(earlier.figures.values())
    scenarios = {figure.partition(".")[0] for figure in here}
    for figure, was in last.steps.items():
        scenario, _, step = figure.partition(".")
        if figure not in here and scenario in scenarios:
            names = last.names.get(figure, (scenario, step))
            found.append(Change(Kind.GONE, *names, before=was.outcome, before_ms=was.duration_ms))
    return _bounded(found)


def _changed(scenario: str, tally: Tally, was: Was, past_ms: list[float]) -> Change | None:
    now = worst_of(tally.outcomes)
    if was.outcome is not None and was.outcome.is_bad != now.is_bad:
        kind = Kind.BROKEN if now.is_bad else Kind.MENDED
        return Change(kind, scenario, tally.name, was.outcome, now, was.duration_ms, tally.spread().mean_ms)
    now_ms = tally.spread().mean_ms
    if now_ms is None or now.is_bad:
        return None
    usual = len(past_ms) >= ENOUGH_PAST
    if usual:
        ordered = sorted(past_ms)
        before_ms = ordered[(len(ordered) - 1) // 2]
        noticeable = is_unusual(now_ms, ordered, tally.precision_ms)
    elif was.duration_ms is not None:
        before_ms = was.duration_ms
        noticeable = is_noticeable([before_ms], [now_ms], tally.precision_ms)
    else:
        return None
    if not noticeable:
        return None
    kind = Kind.SLOWER if now_ms > before_ms else Kind.FASTER
    return Change(kind, scenario, tally.name, was.outcome, now, before_ms, now_ms, usual)


def _bounded(found: list[Change]) -> Changes:
    kept = Changes()
    for kind in Kind:
        of_kind = [change for change in found if change.kind is kind]
        if kind in (Kind.SLOWER, Kind.FASTER):
            of_kind.sort(key=lambda change: -abs((change.now_ms or 0.0) - (change.before_ms or 0.0)))
        kept.listed += of_kind[:MOST]
        if len(of_kind) > MOST:
            kept.left_out[kind] = len(of_kind) - MOST
    return kept
