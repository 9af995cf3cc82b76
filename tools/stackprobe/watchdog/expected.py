"""What is to be watched, as the command line says it: ``demo/RegionOne=5m``, ``probe-demo@periodic=15m``."""

from __future__ import annotations

from dataclasses import dataclass

from stackprobe.errors import UsageError
from stackprobe.spans import parse_span, span

#: The window that is looked at: so many intervals, and so many seconds at least.
WINDOW_INTERVALS = 8
SHORTEST_WINDOW_S = 3600.0


@dataclass(frozen=True)
class Expectation:
    """Runs that are to come.

    :ivar name: of a cloud or of a job.
    :ivar place: the region or the pipeline, None for any.
    :ivar every_s: how often a run starts, seconds.
    """

    name: str
    place: str | None
    every_s: float


@dataclass(frozen=True)
class Patience:
    """How much may be missing.

    :ivar missed: this many runs missing in a row are an alarm.
    :ivar window_s: how far to look back, or None for 8 intervals and an hour at least.
    """

    missed: int = 2
    window_s: float | None = None

    def window(self, expected: Expectation) -> float:
        """How far to look back for these runs, seconds.

        :raises UsageError: a gap would not fit in.
        """
        shortest_s = (self.missed + 2) * expected.every_s
        if self.window_s is None:
            return max(WINDOW_INTERVALS * expected.every_s, SHORTEST_WINDOW_S, shortest_s)
        if self.window_s < shortest_s:
            raise UsageError(
                f"a window of {span(self.window_s)} does not show {self.missed} missing runs of {expected.name}",
                remedy=f"give --window {span(shortest_s)} at least",
            )
        return self.window_s

    def gap_s(self, expected: Expectation) -> float:
        """Two runs further apart than this have too many missing between them. Half an interval is for their jitter."""
        return (self.missed + 0.5) * expected.every_s


def parse_run(text: str) -> Expectation:
    """``CLOUD[/REGION]=EVERY``.

    :raises UsageError: it is malformed.
    """
    return _parse("--run", text, "/", "demo/RegionOne=5m")


def parse_job(text: str) -> Expectation:
    """``NAME[@PIPELINE]=EVERY``.

    :raises UsageError: it is malformed.
    """
    return _parse("--job", text, "@", "probe-demo@periodic=15m")


def _parse(option: str, text: str, separator: str, example: str) -> Expectation:
    what, _, every = text.rpartition("=")
    name, found, place = what.partition(separator) if separator == "/" else _last(what, separator)
    if not name.strip() or (found and not place.strip()) or "*" in what:
        raise UsageError(f"`{text}` of {option} is malformed", remedy=f"write it as {option} {example}")
    return Expectation(name, place or None, parse_span(every, option))


def _last(what: str, separator: str) -> tuple[str, str, str]:
    name, found, place = what.rpartition(separator)
    return (name, found, place) if found else (what, "", "")
