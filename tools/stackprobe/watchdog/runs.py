"""Watching Graphite: ``<prefix>.<cloud>.<region>.run.heartbeat`` has a value for every run that judged the cloud.

A value stands in a slot of Graphite's retention, under the second in which its run started, and comes when the run is
over: so a run that is missing is known one interval after it was due, and by the width of a slot later.
"""

from __future__ import annotations

from dataclasses import dataclass

from stackprobe.history.render import RenderClient, Rendered, RenderFailed
from stackprobe.metricname import part
from stackprobe.outputs import wording
from stackprobe.spans import span
from stackprobe.watchdog.expected import Expectation, Patience
from stackprobe.watchdog.gaps import gaps, missing
from stackprobe.watchdog.verdict import Verdict


class GraphiteUnusable(Exception):
    """graphite-web does not answer, or not as one."""


@dataclass(frozen=True)
class Series:
    """Slots that hold a value.

    :ivar times: their begins, unix seconds.
    :ivar step_s: the width of a slot.
    """

    name: str
    times: list[float]
    step_s: float


class Graphite:
    """One graphite-web.

    :param url: its base address.
    :raises stackprobe.errors.UsageError: the address is malformed.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        self._client = RenderClient(url, timeout_s)
        self.away: str | None = None

    def slots(self, target: str, window_s: float) -> tuple[list[Series], float]:
        """The series that a pattern matches, over the time before Graphite's own now; and that now.

        :raises GraphiteUnusable: it does not answer. Once it is away, it is not asked again.
        """
        if self.away:
            raise GraphiteUnusable(self.away)
        try:
            found, server_t = self._client.render_dated([target], f"-{round(window_s)}s")
        except RenderFailed as error:
            self.away = str(error) if error.unreachable else None
            raise GraphiteUnusable(str(error)) from None
        if server_t is None:
            raise GraphiteUnusable(
                f"Graphite cannot be asked: {self._client.url} does not say its time (no Date header)"
            )
        return [_series(one) for one in found], server_t


def watch_run(graphite: Graphite, prefix: str, expected: Expectation, patience: Patience) -> Verdict:
    """Whether the runs on a cloud arrive; without a region those on each region that Graphite knows."""
    verdict = Verdict(f"run {expected.name}" + (f"/{expected.place}" if expected.place else ""))
    parts = [*(part(piece) for piece in prefix.split(".") if piece), part(expected.name)]
    target = ".".join([*parts, part(expected.place) if expected.place else "*", "run.heartbeat"])
    window_s = patience.window(expected)
    try:
        found, now_t = graphite.slots(target, window_s)
    except GraphiteUnusable as error:
        verdict.blind = str(error)
        return verdict
    if not found:
        verdict.alarms.append(f"no data: Graphite has no series {target} (check prefix, cloud and region)")
    for series in found:
        where = f"{series.name.split('.')[-3]}: " if expected.place is None and len(found) > 1 else ""
        verdict.alarms += [f"{where}{alarm}" for alarm in _alarms(series, expected, patience, window_s, now_t)]
    if not verdict.alarms:
        newest_t = min(max(series.times) for series in found)
        count = sum(len(series.times) for series in found)
        verdict.facts = f"newest run {span(now_t - newest_t)} ago, {count} in the last {span(window_s)}"
    return verdict


def _alarms(series: Series, expected: Expectation, patience: Patience, window_s: float, now_t: float) -> list[str]:
    every = f"one is expected every {span(expected.every_s)}"
    if not series.times:
        return [f"no data: no run has judged the cloud in the last {span(window_s)}; {every}"]
    alarms = []
    newest_t = max(series.times)
    allowed_s = patience.gap_s(expected) + series.step_s
    # A run's value comes with its end: up to an interval after its start, or it holds the next one back.
    if now_t - newest_t > allowed_s + expected.every_s:
        alarms.append(
            f"no run since {wording.moment(newest_t)}, {span(now_t - newest_t)} ago; {every}, so "
            f"{wording.counted(missing(now_t - newest_t, expected.every_s), 'run is', 'runs are')} missing"
        )
    for gap in gaps(series.times, expected.every_s, allowed_s):
        alarms.append(
            f"gap: no run from {wording.moment(gap.from_t)} until {wording.moment(gap.until_t)}: "
            f"{wording.counted(gap.missing, 'run is', 'runs are')} missing; {every}"
        )
    return alarms


def _series(one: Rendered) -> Series:
    times = [float(t) for t, value in one.slots if value is not None and value > 0]
    return Series(one.name, times, one.step_s)
