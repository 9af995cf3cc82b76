"""Planned maintenance: windows of time in which what fails is reported, but alarms nobody and costs no availability.

A window is planned once, by its ends, or again and again, by a cron expression for its beginnings and a duration.
"""

from __future__ import annotations

import zoneinfo
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from cronsim import CronSim, CronSimError

from stackprobe.errors import UsageError
from stackprobe.spans import parse_span

LONGEST_S = 31 * 86400.0
"""A recurring window may last so long (s)."""
_MOST_OCCURRENCES = 200_000
"""More than the minutes that a state looks at: where it were fewer, the windows of today would be those left out."""


class Malformed(ValueError):
    """A window, or a span of time, that cannot be right.

    :ivar key: the key of the window that is wrong; None: the window as a whole.
    """

    def __init__(self, message: str, remedy: str, key: str | None = None) -> None:
        super().__init__(message)
        self.message, self.remedy, self.key = message, remedy, key


@dataclass(frozen=True)
class Window:
    """One window, unix seconds; its end is no part of it.

    :ivar services: the service types it is for; none: all.
    """

    from_t: float
    until_t: float
    reason: str
    services: frozenset[str] = frozenset()

    def holds(self, t: float) -> bool:
        """Whether a moment lies in it."""
        return self.from_t <= t < self.until_t

    def is_for(self, service: str) -> bool:
        """Whether a service is maintained in it."""
        return not self.services or service in self.services


@dataclass(frozen=True)
class Planned:
    """Windows as they are planned: one, or one at each moment of a cron expression.

    :ivar once: its beginning and end, unix seconds.
    :ivar cron: the beginnings, in `zone`, each lasting `duration_s`.
    """

    reason: str
    services: frozenset[str] = frozenset()
    once: tuple[float, float] | None = None
    cron: str | None = None
    duration_s: float = 0.0
    zone: tzinfo | None = None

    def windows(self, since_t: float, until_t: float) -> Iterator[Window]:
        """Those that reach into a stretch of time, in their order."""
        if self.once is not None:
            if self.once[0] < until_t and self.once[1] > since_t:
                yield Window(*self.once, self.reason, self.services)
            return
        start = datetime.fromtimestamp(since_t - self.duration_s - 1, self.zone)
        try:
            for _, begin in zip(range(_MOST_OCCURRENCES), CronSim(self.cron or "", start), strict=False):
                t = begin.timestamp()
                if t >= until_t:
                    return
                if t + self.duration_s > since_t:
                    yield Window(t, t + self.duration_s, self.reason, self.services)
        except CronSimError:  # there is no further moment
            return


class Stretches:
    """Windows as stretches of time that do not overlap, from begin to end, unix seconds."""

    def __init__(self, windows: Iterable[Window]) -> None:
        self.spans: list[tuple[float, float]] = []
        for window in sorted(windows, key=lambda one: one.from_t):
            if self.spans and window.from_t <= self.spans[-1][1]:
                self.spans[-1] = (self.spans[-1][0], max(self.spans[-1][1], window.until_t))
            else:
                self.spans.append((window.from_t, window.until_t))
        self._begins = [from_t for from_t, _ in self.spans]

    def hold(self, t: float) -> bool:
        """Whether a moment lies in one of them."""
        index = bisect_right(self._begins, t) - 1
        return index >= 0 and t < self.spans[index][1]

    def within(self, from_t: float, until_t: float) -> Iterator[tuple[float, float]]:
        """Their parts within a stretch of time."""
        for begin_t, end_t in self.spans:
            if begin_t < until_t and end_t > from_t:
                yield max(begin_t, from_t), min(end_t, until_t)


class Maintenance:
    """All windows of one cloud and region within a stretch of time."""

    def __init__(self, planned: Iterable[Planned], since_t: float, until_t: float) -> None:
        found = [window for one in planned for window in one.windows(since_t, until_t)]
        self.windows = sorted(found, key=lambda one: (one.from_t, one.until_t, one.reason))

    def of(self, service: str) -> list[Window]:
        """Those of one service, in the order of time."""
        return [window for window in self.windows if window.is_for(service)]

    def at(self, t: float, service: str) -> Window | None:
        """The window of a service that holds a moment; of several the one that ends last."""
        found = [window for window in self.of(service) if window.holds(t)]
        return max(found, key=lambda one: one.until_t, default=None)


def planned(given: Mapping[str, Any]) -> Planned:
    """What the configuration says of a window, which has the form that the schema asks for.

    :raises Malformed: it cannot be right.
    """
    reason, services = str(given["reason"]), frozenset(given.get("services", ()))
    once, again = {"from", "until"} & set(given), {"cron", "duration", "timezone"} & set(given)
    if once and again:
        raise Malformed("a window is planned once or again and again, not both", _FORMS, sorted(again)[0])
    for keys in (("from", "until"), ("cron", "duration")):
        if bool(set(keys) & set(given)) and not set(keys) <= set(given):
            missing = next(key for key in keys if key not in given)
            raise Malformed(f"the window lacks `{missing}`", _FORMS)
    if "from" in given:
        from_t, until_t = _moment(given, "from"), _moment(given, "until")
        if until_t <= from_t:
            raise Malformed("the window ends before it begins", "give a later `until`", "until")
        return Planned(reason, services, once=(from_t, until_t))
    if "cron" not in given:
        raise Malformed("the window has no time", _FORMS)
    duration_s = span_s(given["duration"], "duration")
    if duration_s > LONGEST_S:
        raise Malformed("a recurring window lasts 31 days at most", "give a shorter `duration`", "duration")
    zone = _zone(given.get("timezone", "UTC"))
    _check_cron(given["cron"], zone)
    return Planned(reason, services, cron=given["cron"], duration_s=duration_s, zone=zone)


def span_s(text: str, key: str) -> float:
    """``90s``, ``15m``, ``1h30m``, ``2d`` in seconds.

    :raises Malformed: it is none, or no time at all.
    """
    try:
        return parse_span(text, f"`{key}`")
    except UsageError as error:
        raise Malformed(error.message, error.remedy, key) from None


_FORMS = "give `from` and `until`, or `cron` and `duration`"


def _moment(given: Mapping[str, Any], key: str) -> float:
    try:
        moment = datetime.fromisoformat(given[key])
    except ValueError:
        moment = None
    if moment is None or "T" not in given[key].upper().replace(" ", "T"):
        raise Malformed(f"`{given[key]}` is no time", "write it as 2026-12-01T22:00:00+01:00", key)
    if moment.tzinfo is None:
        raise Malformed(f"`{given[key]}` has no time zone", f"write {given[key]}Z for UTC, or +01:00 or the like", key)
    return moment.timestamp()


def _zone(name: str) -> tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise Malformed(
            f"there is no time zone `{name}`", "write one such as Europe/Berlin, or UTC", "timezone"
        ) from None


def _check_cron(expression: str, zone: tzinfo) -> None:
    try:
        if len(expression.split()) != 5:
            raise CronSimError("it has other than five fields")
        next(CronSim(expression, datetime.now(zone)))
    except (CronSimError, StopIteration) as error:
        why = str(error)[:1].lower() + str(error)[1:] or "no moment fits it"
        remedy = "give minute, hour, day of the month, month, day of the week: 0 22 * * SUN"
        raise Malformed(f"`{expression}` is no cron expression: {why}", remedy, "cron") from None
