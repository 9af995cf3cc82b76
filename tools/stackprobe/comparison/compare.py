"""Makes the rows of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from stackprobe.comparison.model import Comparison, Measured, Row, Side, Verdict
from stackprobe.comparison.rule import is_noticeable
from stackprobe.results.outcome import Outcome, worst_of
from stackprobe.results.statistics import Tally

Key = TypeVar("Key", bound=tuple[str, ...] | tuple[str, str, str | None])


def compare(a: Side, b: Side) -> Comparison:
    """Both sides, step by step and call by call. A step is the same where scenario, key and zone are."""
    steps = [_row(key[0], _of_one(a.statistics.steps, b.statistics.steps, key)) for key in _keys(a, b)]
    calls = []
    for service, method, resource in sorted(a.statistics.calls.keys() | b.statistics.calls.keys()):
        pair = _of_one(a.statistics.calls, b.statistics.calls, (service, method, resource))
        calls.append(_row(service, pair, f"{method} {resource}"))
    return Comparison(a, b, steps, calls)


def _keys(a: Side, b: Side) -> list[tuple[str, str, str | None]]:
    """Steps of A in their order, those of B that A has not after the others of their scenario."""
    together = list(dict.fromkeys([*a.statistics.steps, *b.statistics.steps]))
    places = {scenario: place for place, scenario in enumerate(dict.fromkeys(key[0] for key in together))}
    return sorted(together, key=lambda key: places[key[0]])


def _of_one(a: Mapping[Key, Tally], b: Mapping[Key, Tally], key: Key) -> tuple[Tally | None, Tally | None]:
    return a.get(key), b.get(key)


def _row(where: str, pair: tuple[Tally | None, Tally | None], what: str | None = None) -> Row:
    one, other = pair
    a, b = (None if side is None else _measured(side) for side in pair)
    difference = ratio = None
    before, after = (side.spread.median_ms if side else None for side in (a, b))
    if before is not None and after is not None:
        difference = after - before
        ratio = after / before if before else None
    return Row(where, what or (other or one or Tally("")).name, a, b, difference, ratio, _verdict(one, other))


def _measured(tally: Tally) -> Measured:
    return Measured(tally.number, tally.bad, _outcome(tally), tally.spread())


def _outcome(tally: Tally) -> str:
    """The worst, and how often it was that where not always."""
    if not tally.outcomes:
        return f"{tally.bad} of {tally.number} bad" if tally.bad else "ok"
    worst = worst_of(tally.outcomes)
    number = tally.outcomes[worst]
    return str(worst) if number == tally.number else f"{worst} {number} of {tally.number}"


def _verdict(a: Tally | None, b: Tally | None) -> Verdict:
    if a is None or b is None:
        return Verdict.ONLY_B if a is None else Verdict.ONLY_A
    if _is_bad(a) != _is_bad(b):
        return Verdict.MENDED if _is_bad(a) else Verdict.BROKEN
    before, after = sorted(a.durations_ms), sorted(b.durations_ms)
    if not is_noticeable(before, after, max(a.precision_ms, b.precision_ms)):
        return Verdict.SAME
    return Verdict.SLOWER if b.spread().median_ms > a.spread().median_ms else Verdict.FASTER  # type: ignore[operator]


def _is_bad(tally: Tally) -> bool:
    """Of steps any, of calls more than one in twenty: a lost request that was retried is no change."""
    if tally.outcomes:
        return any(tally.outcomes.get(outcome) for outcome in (Outcome.FAILED, Outcome.ERROR))
    return tally.bad * 20 > tally.number
