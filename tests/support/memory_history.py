"""A history that is held in memory: what tests say that there was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stackprobe.history.model import PastRun, Sample
from stackprobe.history.patterns import matcher


class MemoryHistory:
    """Runs and figures that are given; the order in which they are given does not matter.

    :param series: samples by figure.
    """

    def __init__(self, runs: Iterable[PastRun] = (), series: Mapping[str, Iterable[Sample]] | None = None) -> None:
        self._runs = sorted(runs, key=lambda run: run.t)
        self._series = {
            figure: sorted(samples, key=lambda sample: sample.t) for figure, samples in (series or {}).items()
        }

    def figures(self, patterns: Sequence[str], since_t: float, until_t: float) -> dict[str, list[Sample]]:
        """See :class:`stackprobe.history.model.History`."""
        matches = matcher(patterns)
        found = {}
        for figure in sorted(filter(matches, self._series)):
            samples = [sample for sample in self._series[figure] if since_t <= sample.t <= until_t]
            if samples:
                found[figure] = samples
        return found

    def runs(self, since_t: float, until_t: float) -> list[PastRun]:
        """See :class:`stackprobe.history.model.History`."""
        return [run for run in self._runs if since_t <= run.t <= until_t]
