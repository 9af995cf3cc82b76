"""A history that is read from Graphite.

What Graphite keeps is a value a slot, and the slots get wider with age. Three things follow.

- A sample's time is the start of its slot. Slots without a value are left out.
- In slots that were aggregated, a sample is what the store made of the runs within, by its rules: their mean, as a
  rule, or their sum. The mean of the 0s and 1s of ``failed`` is the share of runs that failed, and no count.
- Graphite answers a window with the slots of its oldest second. A window is therefore asked for piece by piece, so that
  its recent part comes as it was sent, however far the window reaches back.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence

from stackprobe.history.model import HistoryUnavailable, PastRun, Sample
from stackprobe.history.render import RenderClient, Rendered
from stackprobe.results.outcome import ORDER

_DAY_S = 86400
#: Up to which age retentions usually keep one width of slot, seconds.
AGES_S = (6 * 3600, _DAY_S, 7 * _DAY_S, 30 * _DAY_S, 90 * _DAY_S)
#: By so much a piece is shorter than that, seconds: clocks differ, and asking takes time.
SLACK_S = 900
#: Nothing is older, unix seconds. Graphite takes shorter numbers for dates.
EARLIEST_T = 1_000_000_000

_RUN = "run.{" + ",".join(ORDER) + "}"


class GraphiteHistory:
    """The figures below one name.

    :param root: ``<prefix>.<cloud>.<region>``, each part as it stands in metrics. A part may be ``*`` where only one
        is there: more are refused when they are read.
    """

    def __init__(self, client: RenderClient, root: str) -> None:
        self._client = client
        self._root = root
        self._depth = root.count(".") + 1

    def figures(self, patterns: Sequence[str], since_t: float, until_t: float) -> dict[str, list[Sample]]:
        """See :class:`stackprobe.history.model.History` and this module.

        :raises HistoryUnavailable: graphite-web does not answer, or the root's ``*`` stands for several.
        """
        targets = list(dict.fromkeys(f"{self._root}.{pattern}" for pattern in patterns))
        found: dict[str, list[Sample]] = {}
        ends: dict[str, int] = {}
        roots: set[str] = set()
        for from_t, to_t in pieces(since_t, until_t, time.time()) if targets else ():
            # The first slot that Graphite shows lies behind `from`.
            for series in self._client.render(targets, math.floor(from_t) - 1, math.ceil(to_t)):
                parts = series.name.split(".")
                figure = ".".join(parts[self._depth :])
                if not figure:
                    continue
                roots.add(".".join(parts[: self._depth]))
                after_t = max(since_t, ends.get(figure, -math.inf))
                samples = list(_samples(series, after_t, until_t))
                if samples:
                    found.setdefault(figure, []).extend(samples)
                    ends[figure] = samples[-1].t + max(series.step_s, 1)
        if len(roots) > 1:
            raise HistoryUnavailable(f"Graphite has several of {self._root}: name one of {', '.join(sorted(roots))}")
        return found

    def runs(self, since_t: float, until_t: float) -> list[PastRun]:
        """See :class:`stackprobe.history.model.History`. A slot that holds several runs is one, the worst of them.

        :raises HistoryUnavailable: see :meth:`figures`.
        """
        series = self.figures([_RUN], since_t, until_t)
        found: dict[int, PastRun] = {}
        for outcome in reversed(ORDER):  # the worst last, which stays
            for sample in series.get(f"run.{outcome}", ()):
                if sample.value > 0:
                    found[sample.t] = PastRun(sample.t, outcome)
        return [found[t] for t in sorted(found)]


def pieces(since_t: float, until_t: float, now_t: float) -> Iterator[tuple[float, float]]:
    """A window in the order of time, cut at the ages at which retentions usually change."""
    since_t, until_t = max(since_t, EARLIEST_T), min(until_t, now_t + _DAY_S)
    cuts = sorted(now_t - age_s + SLACK_S for age_s in AGES_S)
    ends = [cut for cut in cuts if since_t < cut < until_t] + [until_t]
    for end in ends:
        if since_t <= end:
            yield since_t, end
        since_t = end


def _samples(series: Rendered, since_t: float, until_t: float) -> Iterator[Sample]:
    for t, value in series.slots:
        if value is not None and since_t <= t <= until_t:
            yield Sample(t, value)
