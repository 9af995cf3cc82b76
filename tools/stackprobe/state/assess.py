"""All that is known of one cloud and region, from its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stackprobe.config.model import Target
from stackprobe.history.model import History, HistoryUnavailable, PastRun
from stackprobe.maintenance import Maintenance, Stretches, Window
from stackprobe.metricname import part
from stackprobe.scenarios import Scenario
from stackprobe.state import services, signals
from stackprobe.state.availability import Timeline
from stackprobe.state.damping import Damping, troubles
from stackprobe.state.details import Details
from stackprobe.state.health import health
from stackprobe.state.incidents import incidents
from stackprobe.state.model import CloudState, Day, Incident, Level, ServiceState, Signal

DAY_S = signals.DAY_S
DAYS = 90
WINDOWS = {"24h": DAY_S, "7d": 7 * DAY_S, "30d": 30 * DAY_S, "90d": DAYS * DAY_S}
FORGOTTEN_S = 7 * DAY_S
"""A scenario or rule of which nothing was heard for so long tells of no service any more, if others do."""
AHEAD_S = 14 * DAY_S
"""Planned maintenance is told so long before."""


def assess(
    history: History, target: Target, scenarios: Mapping[str, Scenario], now_t: float, *, configured: bool = False
) -> CloudState:
    """The state of a cloud and region, from the runs of the last 90 days.

    :param scenarios: all that exist, by name.
    :param configured: the target's settings are those of a file: a rule that is not among them is none any more.
    """
    since_t = _midnight(now_t) - (DAYS - 1) * DAY_S
    since_t = min(since_t, now_t - WINDOWS["90d"])
    of = services.by_figure(scenarios)
    planned = Maintenance(target.maintenance, since_t, now_t + AHEAD_S)
    try:
        past = signals.read(history, target, of, since_t, now_t, configured=configured)
    except HistoryUnavailable as error:
        return _of(target, now_t, trouble=str(error))
    found, runs = past.signals, past.runs
    details = Details(history, runs)
    states = []
    for service in _services(target, scenarios, found):
        own = [one for one in found if service in one.services]
        if own and all(one.skipped for signal in own for one in signal.judgements):
            continue  # the cloud does not offer it
        if own and service not in target.services and not _expected(own, found, target, scenarios, now_t):
            continue  # nobody asks for it any more
        states.append(_service(service, own, target, planned, now_t, details))
    seen_t = float(runs[-1].t) if runs else max((one.health.seen_t or 0.0 for one in states), default=0.0) or None
    trouble = None if found else "there is no run of the last 90 days"
    coming = tuple(window for window in planned.windows if window.until_t > now_t)
    return _of(target, now_t, tuple(states), trouble, seen_t, coming, tuple(runs))


def _of(
    target: Target,
    now_t: float,
    states: tuple[ServiceState, ...] = (),
    trouble: str | None = None,
    seen_t: float | None = None,
    coming: tuple[Window, ...] = (),
    runs: tuple[PastRun, ...] = (),
) -> CloudState:
    return CloudState(
        target.cloud, target.region, now_t, target.objective_percent, states, trouble, seen_t, coming, runs
    )


def _services(target: Target, scenarios: Mapping[str, Scenario], found: list[Signal]) -> list[str]:
    """Those that something tells of and those that are promised; where nothing is known at all, all that are probed."""
    names = {service for one in found for service in one.services} | set(target.services)
    if not found:
        probed = [one for one in scenarios.values() if target.selection.runs(one.name, one.tags, one.opt_in)]
        names |= {service for one in probed for service in services.of_scenario(one)}
    return sorted(names)


def _expected(
    own: list[Signal], found: list[Signal], target: Target, scenarios: Mapping[str, Scenario], now_t: float
) -> bool:
    """Whether something is to be heard of a service: it was lately, or nothing was, or it is still asked for."""
    if _telling(own, now_t) or not _telling(found, now_t):
        return True
    selected = {part(one.name) for one in scenarios.values() if target.selection.runs(one.name, one.tags, one.opt_in)}
    return any(one.name in (target.service_levels if one.rule else selected) for one in own)


def _telling(signals: list[Signal], now_t: float) -> list[Signal]:
    """Those of which something was heard lately."""
    return [one for one in signals if one.judgements[-1].t > now_t - max(FORGOTTEN_S, one.stale_s)]


def _service(
    service: str, own: list[Signal], target: Target, planned: Maintenance, now_t: float, details: Details
) -> ServiceState:
    maintained = Stretches(planned.of(service))
    damping = Damping.read(target.damping)
    telling = _telling(own, now_t) or own
    found = []
    for signal in own:
        judged = [
            one for one in signal.judgements if (one.bad is not None or signal.rule) and not maintained.hold(one.t)
        ]
        end_t = None if signal in telling or not judged else judged[-1].t + signal.stale_s
        found += [
            replace(one, until_t=end_t) if one.until_t is None else one for one in troubles(signal, judged, damping)
        ]
    events = incidents(service, found)
    lasting = events[-1] if events and events[-1].until_t is None else None
    timeline = Timeline(own, maintained, now_t)
    return ServiceState(
        service=service,
        health=health(telling, lasting, planned.at(now_t, service), now_t, damping, details),
        incidents=events,
        windows={name: timeline.within(now_t - span_s, now_t) for name, span_s in WINDOWS.items()},
        days=tuple(_day(timeline, events, from_t, now_t) for from_t in _days(now_t)),
        scenarios=tuple(one.name for one in telling if not one.rule),
    )


def _day(timeline: Timeline, events: tuple[Incident, ...], from_t: float, now_t: float) -> Day:
    until_t = min(from_t + DAY_S, now_t)
    availability = timeline.within(from_t, until_t)
    if availability.known_s <= 0:
        return Day(from_t, None, availability)
    phases = [phase for one in events for phase in one.phases]
    there = [one for one in phases if one.from_t < until_t and (one.until_t is None or one.until_t > from_t)]
    blip = Level.DEGRADED if availability.bad_s > 0 else Level.UP
    return Day(from_t, max([one.level for one in there] + [blip]), availability)


def _days(now_t: float) -> list[float]:
    return [_midnight(now_t) - back * DAY_S for back in range(DAYS - 1, -1, -1)]


def _midnight(t: float) -> float:
    return t - t % DAY_S
