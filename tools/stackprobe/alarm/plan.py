"""Decides what is to be done with the issues of one state: open, update, close, nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stackprobe.alarm.marker import Key, Marker
from stackprobe.state.model import CloudState, Incident, Level, ServiceState, Status

SLACK_S = 7200.0
"""A store with wider slots for what is old may move the start of an incident by so much (s)."""


@dataclass(frozen=True)
class Known:
    """An issue that there is."""

    number: int
    open: bool
    marker: Marker


@dataclass(frozen=True)
class Open:
    """Open an issue for an incident."""

    marker: Marker
    state: CloudState
    service: ServiceState
    incident: Incident


@dataclass(frozen=True)
class Update:
    """Say in an issue what has changed."""

    issue: Known
    marker: Marker
    state: CloudState
    service: ServiceState
    incident: Incident


@dataclass(frozen=True)
class Close:
    """Close an issue: its incident is over.

    :ivar until_t: its end, unix seconds; None: that is not known any more.
    """

    issue: Known
    until_t: float | None
    state: CloudState


@dataclass(frozen=True)
class Duplicate:
    """Close an issue: an older one is about the same."""

    issue: Known
    of: int


@dataclass(frozen=True)
class Respected:
    """A person closed the issue of an incident that lasts: it stays closed."""

    issue: Known


Action = Open | Update | Close | Duplicate | Respected


def plan(states: Iterable[CloudState], issues: Sequence[Known]) -> list[Action]:
    """What is to be done, in the order in which it is.

    Of what is not known (no history, no service of the name any more, no run since), nothing is opened nor closed.
    """
    actions: list[Action] = list(duplicates(issues))
    gone = {one.issue.number for one in actions if isinstance(one, Duplicate)}
    left = [one for one in issues if one.number not in gone]
    for state in states:
        for service in () if state.trouble else state.services:
            key = Key(state.cloud, state.region, service.service)
            actions += _service(state, service, [one for one in left if one.marker.key == key], key)
    return actions


def duplicates(issues: Iterable[Known]) -> list[Duplicate]:
    """Of several open issues about the same, the one with the lowest number stays: whoever looks decides alike."""
    first: dict[Key, int] = {}
    found = []
    for one in sorted(issues, key=lambda one: one.number):
        if one.open and first.setdefault(one.marker.key, one.number) != one.number:
            found.append(Duplicate(one, first[one.marker.key]))
    return found


def _service(state: CloudState, service: ServiceState, issues: list[Known], key: Key) -> list[Action]:
    lasting = service.incident
    actions: list[Action] = []
    current: Known | None = None
    for one in issues:
        if not one.open:
            continue
        of = _incident_of(one.marker, service.incidents)
        if of is not None and of.until_t is None:
            current = one
        elif (of is not None and of.until_t is not None) or _has_recovered(one.marker, service):
            actions.append(Close(one, None if of is None else of.until_t, state))
        else:
            return actions  # nothing is known of it any more
    if lasting is None:
        return actions
    if current is not None:
        marker = _marker(key, lasting, current.marker.from_t)
        if _tells_more(marker, current.marker) and service.health.status is not Status.MAINTENANCE:
            actions.append(Update(current, marker, state, service, lasting))
        return actions
    by_hand = [one for one in issues if not one.open and not one.marker.ended]
    closed = [one for one in by_hand if _incident_of(one.marker, service.incidents) is lasting]
    if closed:
        return [*actions, Respected(closed[-1])]
    if service.health.status is Status.DOWN and lasting.level is Level.DOWN:
        actions.append(Open(_marker(key, lasting, int(lasting.from_t)), state, service, lasting))
    return actions


def _marker(key: Key, incident: Incident, from_t: int) -> Marker:
    return Marker(key, from_t, incident.level.word, incident.causes)


def _tells_more(new: Marker, old: Marker) -> bool:
    """Whether there is something to say: another level, or a cause that was not named yet."""
    return new.level != old.level or not set(new.causes) <= set(old.causes)


def _incident_of(marker: Marker, incidents: Sequence[Incident]) -> Incident | None:
    """The incident that a marker is about: the one that it lies in, or else the one that begins nearest to it."""
    for one in incidents:
        if one.from_t <= marker.from_t and (one.until_t is None or marker.from_t < one.until_t):
            return one
    near = [one for one in incidents if abs(one.from_t - marker.from_t) <= SLACK_S]
    return min(near, key=lambda one: abs(one.from_t - marker.from_t), default=None)


def _has_recovered(marker: Marker, service: ServiceState) -> bool:
    """Whether a service is known to be well, after an incident that the history does not tell of any more."""
    seen_t = service.health.seen_t
    return service.incident is None and service.health.status is Status.UP and (seen_t or 0) > marker.from_t
