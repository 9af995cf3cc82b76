"""What earlier runs measured, asked of the history once for all rules, and cleaned of what is no measurement."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stackprobe.history.model import History, HistoryUnavailable, Sample
from stackprobe.history.patterns import matcher

_EARLIEST_T = 1.0


@dataclass(frozen=True)
class Need:
    """Figures that a rule asks of the history, over the time before a run.

    :ivar patterns: as :mod:`stackprobe.history.patterns` has them.
    """

    patterns: tuple[str, ...]
    window_s: float


class Past:
    """The time before a run.

    Samples from its start on are none of the past: those of the run itself, and those that a clock which was set back
    has left in the future. Nor are values that are not finite.

    :param history: None where there is none.
    :param start_t: the start of the run, unix seconds.
    :ivar blind: why nothing is known, or None.
    :ivar maintained: stretches of planned maintenance of the rule that is judged, begin and end in unix seconds.
    """

    def __init__(self, history: History | None, start_t: float, blind: str | None = None) -> None:
        self._history, self._start_t = history, start_t
        self._known: dict[float, dict[str, list[Sample]]] = defaultdict(dict)
        self._asked: set[tuple[float, str]] = set()
        self.blind = blind
        self.maintained: Sequence[tuple[float, float]] = ()
        if history is None and blind is None:
            self.blind = "no history is configured: earlier runs are not known"
        if start_t <= _EARLIEST_T:
            self.blind = "the start of the run is not known, so neither is what was before it"

    def load(self, needs: Iterable[Need]) -> None:
        """Ask for everything, with one question for each length of time."""
        patterns: dict[float, dict[str, None]] = defaultdict(dict)
        for need in needs:
            new = [pattern for pattern in need.patterns if (need.window_s, pattern) not in self._asked]
            patterns[need.window_s].update(dict.fromkeys(new))
        for window_s, wanted in patterns.items():
            if wanted:
                self._known[window_s].update(self._ask(list(wanted), window_s))
                self._asked.update((window_s, pattern) for pattern in wanted)

    def series(self, need: Need) -> Mapping[str, Sequence[Sample]]:
        """Samples by figure, in the order of time; figures without any are left out."""
        self.load([need])
        matches = matcher(need.patterns)
        return {figure: series for figure, series in self._known[need.window_s].items() if matches(figure)}

    def _ask(self, patterns: list[str], window_s: float) -> dict[str, list[Sample]]:
        if self.blind or self._history is None:
            return {}
        since_t = max(int(self._start_t) - window_s, 0.0)
        try:
            found = self._history.figures(patterns, since_t, self._start_t)
        except HistoryUnavailable as error:
            self.blind = f"earlier runs are not known: {error}"
            return {}
        clean = {figure: self._clean(series, since_t) for figure, series in found.items()}
        return {figure: series for figure, series in clean.items() if series}

    def _clean(self, series: Iterable[Sample], since_t: float) -> list[Sample]:
        return [one for one in series if since_t <= one.t < int(self._start_t) and math.isfinite(one.value)]
