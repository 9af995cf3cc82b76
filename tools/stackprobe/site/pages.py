"""What stands on which page."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources
from urllib.parse import urlsplit

import jinja2

from stackprobe.history.model import HistoryUnavailable, PastRun
from stackprobe.metricname import part
from stackprobe.outputs.clean import one_line
from stackprobe.outputs.page_templates import page_environment
from stackprobe.outputs.wording import counted
from stackprobe.site.badge import badge
from stackprobe.site.graph import HEIGHT, SPAN_S, WIDTH, Graph, graph
from stackprobe.state import wording
from stackprobe.state.looking import Look
from stackprobe.state.model import ITSELF, RUN, WORST_FIRST, CloudState, Day, Incident, Level, ServiceState, Status

INDEX = "index.html"
BADGES = "badges"
MOST_INCIDENTS, MOST_RUNS = 50, 20


@dataclass(frozen=True)
class Place:
    """Where things of a cloud lie, relative to the site.

    :ivar badges: of its services, by name.
    """

    page: str
    badge: str
    badges: dict[str, str]


@dataclass(frozen=True)
class ShownIncident:
    """An incident with what the runs tell of it.

    :ivar runs: its first and last bad run, as far as they are known.
    """

    incident: Incident
    runs: tuple[PastRun, ...]


def render(looks: Sequence[Look], title: str) -> dict[str, str]:
    """All files of a site by their place in it; the same for the same state."""
    states = [one.state for one in looks]
    places = _places(states)
    common = {"title": one_line(title, 200), "style": _style()}
    files = {INDEX: _template("index.html.j2").render(clouds=list(zip(states, places, strict=True)), **common)}
    for look, place in zip(looks, places, strict=True):
        files[place.page] = _cloud(look, place, common)
        files[place.badge] = badge(look.state.name, look.state.status)
        for service in look.state.services:
            files[place.badges[service.service]] = badge(service.service, service.health.status)
    return files


def _cloud(look: Look, place: Place, common: dict[str, str]) -> str:
    state = look.state
    incidents = sorted(
        (one for service in state.services for one in service.incidents), key=lambda one: (-one.from_t, one.service)
    )
    return _template("cloud.html.j2").render(
        state=state,
        place=place,
        graphs=_graphs(look),
        width=WIDTH,
        height=HEIGHT,
        incidents=[ShownIncident(one, _runs(one, state.runs)) for one in incidents[:MOST_INCIDENTS]],
        more=max(len(incidents) - MOST_INCIDENTS, 0),
        runs=state.runs[-MOST_RUNS:][::-1],
        bad_days=[
            (service, day) for service in state.services for day in reversed(service.days) if day.level in _BAD_LEVELS
        ],
        **common,
    )


_BAD_LEVELS = (Level.DEGRADED, Level.DOWN)


def _graphs(look: Look) -> list[Graph]:
    now_t = look.state.now_t
    try:
        series = look.history.figures(["*.duration_ms"], now_t - SPAN_S, now_t)
    except HistoryUnavailable:
        return []
    found = [graph(figure.split(".")[0], samples, now_t) for figure, samples in sorted(series.items())]
    return [one for one in found if one is not None]


def _runs(incident: Incident, runs: Sequence[PastRun]) -> tuple[PastRun, ...]:
    """The first and the last bad run within an incident, with those of their bad steps that have to do with it.

    A history without steps, such as Graphite, gives runs that were bad as a whole.
    """
    causes = {RUN if one == ITSELF else one for one in incident.causes}
    within = []
    for run in runs:
        if run.t < incident.from_t or (incident.until_t is not None and run.t >= incident.until_t):
            continue
        own = tuple(bad for bad in run.bad if part(bad.scenario) in causes)
        if own or (not run.bad and run.outcome.is_bad):
            within.append(replace(run, bad=own))
    return tuple(dict.fromkeys((within[0], within[-1]))) if within else ()


def _places(states: Sequence[CloudState]) -> list[Place]:
    taken = {INDEX}
    places = []
    for state in states:
        slug = ".".join(part(one) for one in (state.cloud, state.region) if one)
        page, own = _distinct(f"{slug}.html", taken), _distinct(f"{BADGES}/{slug}.svg", taken)
        badges = {one.service: _distinct(f"{BADGES}/{slug}-{part(one.service)}.svg", taken) for one in state.services}
        places.append(Place(page, own, badges))
    return places


def _distinct(wanted: str, taken: set[str]) -> str:
    """The wanted name, or with the first number that makes it a new one."""
    stem, dot, suffix = wanted.rpartition(".")
    name, count = wanted, 1
    while name.lower() in taken:
        count += 1
        name = f"{stem}_{count}{dot}{suffix}"
    taken.add(name.lower())
    return name


def _days_in_words(service: ServiceState) -> str:
    """``90 days: 2 down, 1 degraded, 80 up, 7 without data``."""
    counts = Counter("without data" if day.level is None else day.level.word for day in service.days)
    words = [f"{counts[kind]} {kind}" for kind in ("down", "degraded", "up", "without data") if counts[kind]]
    return f"{counted(len(service.days), 'day')}: {', '.join(words)}"


def _day_kind(day: Day) -> str:
    if day.level is None:
        return "maintenance" if day.availability.maintained_s > 0 else "none"
    return day.level.word


def _day_title(day: Day) -> str:
    kind = {"none": "no data"}.get(_day_kind(day), _day_kind(day))
    share = f", {wording.percent(day.availability.percent)} available" if day.level is not None else ""
    maintained = day.availability.maintained_s
    planned = f", {wording.span(maintained)} of maintenance" if maintained > 0 else ""
    return f"{wording.day(day.from_t)}: {kind}{share}{planned}"


def _headline(states: Sequence[CloudState]) -> str:
    """``2 of 3 clouds are down``, ``All 3 clouds are up``."""
    counts = Counter(one.status for one in states)
    worst = next(status for status in WORST_FIRST if counts[status])
    if len(states) == 1:
        return _sentence(states[0])
    words = {Status.UNKNOWN: "in an unknown state", Status.MAINTENANCE: "in maintenance"}.get(worst, worst.value)
    number = counts[worst]
    if number == len(states):
        return f"All {number} clouds are {words}"
    return f"{number} of {len(states)} clouds {'is' if number == 1 else 'are'} {words}"


def _sentence(state: CloudState) -> str:
    """``compute and image are down``, ``All services are up``."""
    if not state.services:
        return "Nothing is known of its services"
    names = [one.service for one in state.services if one.health.status is state.status]
    words = {Status.UNKNOWN: "in an unknown state", Status.MAINTENANCE: "in maintenance"}
    what = words.get(state.status, state.status.value)
    if len(names) == len(state.services):
        return f"All services are {what}" if len(names) > 1 else f"{names[0]} is {what}"
    listed = ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
    return f"{listed} {'are' if len(names) > 1 else 'is'} {what}"


def _link(url: str | None) -> str | None:
    """An address that a page may lead to."""
    try:
        return url if url and urlsplit(url).scheme in ("http", "https") else None
    except ValueError:
        return None


@functools.cache
def _environment() -> jinja2.Environment:
    environment = page_environment(jinja2.PackageLoader("stackprobe.site"))
    environment.filters.update(
        text=lambda data: one_line(data, 500),
        upper_first=lambda data: data[:1].upper() + data[1:],
        minute=wording.minute,
        day=wording.day,
        percent=wording.percent,
        coverage=wording.coverage,
        span=wording.span,
        window=wording.window,
        link=_link,
        worst=lambda words: min(map(Status, words), key=WORST_FIRST.index),
    )
    environment.globals.update(
        signs=wording.SIGNS,
        status_of=wording.STATUS_OF,
        budget=wording.budget,
        stretch=wording.stretch,
        days_in_words=_days_in_words,
        day_kind=_day_kind,
        day_title=_day_title,
        headline=_headline,
        sentence=_sentence,
    )
    return environment


def _template(name: str) -> jinja2.Template:
    return _environment().get_template(name)


@functools.cache
def _style() -> str:
    return resources.files("stackprobe.site").joinpath("templates", "site.css").read_text(encoding="utf-8")
