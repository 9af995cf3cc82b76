"""What is known of the past of one cloud and region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from stackprobe.results.outcome import Outcome


class HistoryUnavailable(Exception):
    """The past cannot be read: whoever stores it does not answer, or not as expected. The message says so."""


@dataclass(frozen=True)
class Sample:
    """One value of one figure of one run.

    :ivar t: the start of the run, unix seconds; from Graphite, the start of the slot that it lies in.
    """

    t: int
    value: float


#: Samples by figure, each in the order of time.
Series = Mapping[str, Sequence[Sample]]


@dataclass(frozen=True)
class BadStep:
    """A step that failed or erred. The step is empty where the trouble is the scenario's or the run's as a whole."""

    scenario: str
    step: str
    outcome: Outcome
    message: str


@dataclass(frozen=True)
class PastRun:
    """One earlier run.

    :ivar t: its start, unix seconds; from Graphite, the start of the slot that it lies in.
    :ivar run_id: None where the source does not know, as Graphite.
    :ivar build_url: the page of the CI's build; None where there is none, or the source does not know.
    :ivar bad: its failed and erred steps, failed ones first; empty from Graphite, which does not know.
    """

    t: int
    outcome: Outcome
    run_id: str | None = None
    build_url: str | None = None
    bad: tuple[BadStep, ...] = ()


class History(Protocol):
    """Past figures of one cloud and region.

    A figure is a metric's name behind ``<prefix>.<cloud>.<region>.``, such as ``compute.duration_ms``,
    ``compute.boot_the_server.failed``, ``api.compute.POST.servers.202.count`` or ``run.heartbeat``. Times are unix
    seconds, and a window holds both of its ends.
    """

    def figures(self, patterns: Sequence[str], since_t: float, until_t: float) -> dict[str, list[Sample]]:
        """Samples of the figures that match, by figure, in the order of time; figures without any are left out.

        :param patterns: figures, in which ``*`` stands for (a part of) one part of the name, and ``{a,b}`` for one of
            several; see :mod:`stackprobe.history.patterns`.
        :raises HistoryUnavailable: it cannot be read.
        """

    def runs(self, since_t: float, until_t: float) -> list[PastRun]:
        """The runs that are known, in the order of time. From Graphite: one a slot of ``run.passed`` and its like.

        :raises HistoryUnavailable: it cannot be read.
        """
