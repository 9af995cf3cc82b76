"""What a JSON Schema cannot say: parts of a configuration that contradict each other, addresses, secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from stackprobe.address import parse_address
from stackprobe.config import destinations, selecting
from stackprobe.config.known import TOTAL, Known
from stackprobe.config.labels import labels
from stackprobe.config.levels import Level, Path, levels
from stackprobe.config.wording import place
from stackprobe.errors import UsageError
from stackprobe.maintenance import Malformed, planned, span_s
from stackprobe.metricname import key_of
from stackprobe.redact import Scrubber, is_secret_name
from stackprobe.yamlfile import Document

_NO_SECRETS = "secrets belong in clouds.yaml or secure.yaml, never in this file"


def problems_of(document: Document, known: Known | None) -> Iterator[UsageError]:
    """Every mistake of a configuration that its schema has nothing against."""
    data = document.data or {}
    for level in levels(data):
        yield from _time_for_probing(document, level)
        yield from _limited_twice(document, level)
        yield from _control_target(document, level)
        yield from _services(document, level)
        yield from selecting.contradictions(document, level)
        if known is not None:
            yield from selecting.unfit(document, level, known)
        yield from _service_levels(document, level, known)
        yield from _state(document, level)
    yield from labels(document)
    yield from destinations.problems_of(document, data.get("graphite"))
    yield from _secrets(document, document.data, ())


def _state(document: Document, level: Level) -> Iterator[UsageError]:
    """What past runs are judged by: damping that can be reached, spans of time, windows of maintenance."""
    damping = level.own.get("damping", {})
    bad, of = damping.get("bad", 2), damping.get("of", 3)
    if bad > of:
        path = (*level.path, "damping", "bad" if "bad" in damping else "of")
        yield document.error(path, f"{bad} of {of} runs can never be reached", remedy="make `bad` smaller than `of`")
    if level.own.get("every"):
        try:
            span_s(level.own["every"], "every")
        except Malformed as error:
            yield document.error((*level.path, "every"), error.message, remedy=error.remedy)
    for index, window in enumerate(level.own.get("maintenance") or ()):
        try:
            planned(window)
        except Malformed as error:
            path = (*level.path, "maintenance", index, *([error.key] if error.key else []))
            yield document.error(path, error.message, remedy=error.remedy)


def _service_levels(document: Document, level: Level, known: Known | None) -> Iterator[UsageError]:
    if level.own.get("service_levels"):
        from stackprobe.service_levels import checking  # noqa: PLC0415  # few commands judge by them

        yield from checking.problems_of(document, level, known)


def _time_for_probing(document: Document, level: Level) -> Iterator[UsageError]:
    settings = level.settings
    deadline = settings.get("deadline_s", 3600)
    reserve = settings.get("teardown_reserve_s", min(600, deadline / 2))
    if reserve >= deadline and {"deadline_s", "teardown_reserve_s"} & set(level.own):
        key = "teardown_reserve_s" if "teardown_reserve_s" in level.own else "deadline_s"
        yield document.error(
            (*level.path, key),
            f"no time is left for probing: of {deadline} s, {reserve} s are kept for teardown",
            remedy="make `deadline_s` larger or `teardown_reserve_s` smaller",
        )


def _limited_twice(document: Document, level: Level) -> Iterator[UsageError]:
    """A step may be called by its name in reports or by that in metrics, but not by both."""
    for scenario, limits in level.own.get("within", {}).items():
        path = (*level.path, "within", scenario)
        first: dict[str, str] = {}
        for step in limits:
            key = key_of(step)
            if key in first:
                line = document.position((*path, first[key]), at_key=True)[0]
                yield document.error(
                    (*path, step),
                    f"`{step}` is the step `{first[key]}` of line {line}",
                    remedy="keep one of them",
                    at_key=True,
                )
            elif key == TOTAL != step:
                yield document.error((*path, step), f"`{step}` is no step", remedy=f"write `{TOTAL}`", at_key=True)
            first.setdefault(key, step)


def _control_target(document: Document, level: Level) -> Iterator[UsageError]:
    target = level.own.get("control_target")
    if target is not None and not is_control_target(target):
        yield document.error(
            (*level.path, "control_target"),
            f"`{Scrubber()(target)}` is neither a URL nor HOST:PORT",
            remedy="write it as in https://example.org/ or example.org:443",
        )


def is_control_target(text: str) -> bool:
    """Whether ``text`` is an http(s) URL or HOST:PORT."""
    if "://" not in text:
        try:
            parse_address(text)
        except UsageError:
            return False
        return True
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _services(document: Document, level: Level) -> Iterator[UsageError]:
    """The catalog is looked at by official types: another name of a service would never be found in it."""
    if not level.own.get("services"):
        return
    from os_service_types import ServiceTypes  # noqa: PLC0415  # few configurations promise services

    types = ServiceTypes()
    for index, service in enumerate(level.own["services"]):
        official = types.get_service_type(service)
        if official and official != service:
            yield document.error(
                (*level.path, "services", index),
                f"`{service}` is another name of the service type `{official}`",
                remedy=f"write {official}",
            )


def _secrets(document: Document, value: Any, path: Path) -> Iterator[UsageError]:
    """Secrets do not belong here: this file is committed to repositories and shown in reports."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if is_secret_name(key) and item is not None and not isinstance(item, (bool, Mapping)):
                yield document.error((*path, key), f"`{key}` looks like a secret", remedy=_NO_SECRETS, at_key=True)
            else:
                yield from _secrets(document, item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _secrets(document, item, (*path, index))
    elif isinstance(value, str) and Scrubber()(value) != value:
        yield document.error(path, f"{place(path)} holds a secret", remedy=_NO_SECRETS)
