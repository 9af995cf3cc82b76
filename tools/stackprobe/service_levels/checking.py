"""Mistakes in rules, found when a configuration is read: what could never be judged, or always alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stackprobe.config.known import Known
from stackprobe.config.levels import Level, Path
from stackprobe.config.model import Idle
from stackprobe.errors import UsageError
from stackprobe.service_levels.conditions import Mistake
from stackprobe.service_levels.reading import read
from stackprobe.service_levels.rule import SEVERITIES, Rule
from stackprobe.service_levels.subject import CallsSubject, ScenarioSubject, StepSubject
from stackprobe.suggest import did_you_mean, listed
from stackprobe.yamlfile import Document

if TYPE_CHECKING:
    from stackprobe.config.known import Steps

KEY = "service_levels"
_RUN = "run"
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "COPY")
_STATUS = re.compile(r"[1-5](?:[0-9]{2}|xx|[0-9]?\*)|\*|no_response")
_MOST_LISTED = 12


def problems_of(document: Document, level: Level, known: Known | None) -> Iterator[UsageError]:
    """Mistakes in the rules of one level of a configuration.

    :param known: the scenarios there are; without it their names and those of their steps are not checked.
    """
    rules: dict[str, Rule] = {}
    outer = {name for one in level.outer for name in (one.own.get(KEY) or {})}
    for name, given in (level.own.get(KEY) or {}).items():
        path = (*level.path, KEY, name)
        if given is None:
            if name not in outer:
                message = f"there is no rule `{name}` to switch off here{did_you_mean(name, sorted(outer))}"
                yield document.error(
                    path, message, remedy="an empty rule switches off one of a farther level", at_key=True
                )
            continue
        try:
            rule = read(name, given)
        except Mistake as mistake:
            place, at_key = (*path, *mistake.keys), not mistake.keys
            yield document.error(place, mistake.message, remedy=mistake.remedy, at_key=at_key)
            continue
        rules[name] = rule
        deadline_s = float(level.settings.get("deadline_s", 3600))
        if why := rule.condition.never_bad(deadline_s):
            key = "within_s" if "within_s" in given else "limit_ms"
            yield document.error((*path, key), why, remedy="give less, or make `deadline_s` larger")
        yield from _subject(document, path, level, rule, given, known)
    yield from _contradictions(document, level, rules)


def idle(document: Document, level: Level, known: Known, selected: Mapping[str, bool]) -> Iterator[Idle]:
    """Rules about scenarios that nothing selects: no mistake, since the command line can select them."""
    for name, given in (level.own.get(KEY) or {}).items():
        scenario = scenario_of(given or {})
        if scenario in known.scenarios and not selected.get(str(scenario), True):
            problem = document.error(
                (*level.path, KEY, name),
                f"the rule `{name}` is about the scenario `{scenario}`, which is not selected",
                remedy="it is unknown in every run, unless the command line selects the scenario",
                at_key=True,
            )
            yield Idle(str(scenario), problem)


def scenario_of(given: Mapping[str, Any]) -> str | None:
    """The scenario that a rule is about, as far as it has the right form."""
    scenario = given.get("scenario") or str(given.get("step") or "").partition("/")[0]
    return str(scenario) if scenario else None


def _subject(
    document: Document, path: Path, level: Level, rule: Rule, given: Mapping[str, Any], known: Known | None
) -> Iterator[UsageError]:
    subject = rule.subject
    if isinstance(subject, CallsSubject):
        yield from _calls(document, (*path, "calls"), level, given["calls"])
    elif known is not None and isinstance(subject, (ScenarioSubject, StepSubject)):
        name = subject.name if isinstance(subject, ScenarioSubject) else subject.scenario
        if isinstance(subject, StepSubject) and name == _RUN:
            return  # steps of the run itself, such as run/authenticate
        if name not in known.scenarios:
            yield document.error(
                (*path, subject.kind),
                f"there is no scenario `{name}`{did_you_mean(name, known.scenarios)}",
                remedy=_list("there are", name, sorted(known.scenarios)),
            )
        elif isinstance(subject, StepSubject):
            yield from _step(document, (*path, "step"), subject, known.scenarios[name].steps())


def _step(document: Document, path: Path, subject: StepSubject, steps: Steps) -> Iterator[UsageError]:
    if subject.key in steps.names or not steps.complete:
        return
    yield document.error(
        path,
        f"the scenario `{subject.scenario}` has no step `{subject.key}`{did_you_mean(subject.key, steps.names)}",
        remedy=_list("it has", subject.key, list(steps.names)),
    )


def _list(there_are: str, word: str, words: list[str]) -> str:
    if len(words) > _MOST_LISTED and did_you_mean(word, words):
        return ""
    return f"{there_are} {listed(words) or 'none'}"


def _calls(document: Document, path: Path, level: Level, given: Mapping[str, Any]) -> Iterator[UsageError]:
    for service in _alternatives(given.get("service", "*")):
        yield from _service(document, (*path, "service"), level, service)
    for method in _alternatives(given.get("method", "*")):
        if "*" not in method and method not in _METHODS:
            meant = method.upper() if method.upper() in _METHODS else None
            words = f"; did you mean `{meant}`?" if meant else did_you_mean(method, _METHODS)
            yield document.error(
                (*path, "method"), f"`{method}` is no method of HTTP{words}", remedy=f"there are {listed(_METHODS)}"
            )
    for status in _alternatives(given.get("status", "*")):
        if not _STATUS.fullmatch(status):
            yield document.error(
                (*path, "status"), f"`{status}` is no status", remedy="write it as '503', 5xx, '*' or no_response"
            )


def _service(document: Document, path: Path, level: Level, service: str) -> Iterator[UsageError]:
    from os_service_types import ServiceTypes  # noqa: PLC0415  # few rules name services

    types = ServiceTypes()
    if "*" in service or service in level.settings.get("services", ()):
        return
    project: Any = types.get_service_data_for_project(service) or {}
    official = types.get_service_type(service) or project.get("service_type")
    if official and official != service:
        yield document.error(
            path, f"`{service}` is another name of the service type `{official}`", remedy=f"write {official}"
        )
    elif not official:
        known = sorted(types.all_types_by_service_type)
        yield document.error(
            path,
            f"there is no service type `{service}`{did_you_mean(service, known)}",
            remedy="if the cloud has one of its own, promise it under `services`",
        )


def _alternatives(text: object) -> list[str]:
    words = str(text)
    return words[1:-1].split(",") if words.startswith("{") and words.endswith("}") else [words]


def _contradictions(document: Document, level: Level, rules: Mapping[str, Rule]) -> Iterator[UsageError]:
    """Of two rules that differ in how much they let pass alone, one may go without saying."""
    first: dict[tuple[object, ...], Rule] = {}
    for rule in rules.values():
        same = (rule.subject, rule.condition.scope)
        path = (*level.path, KEY, rule.name)
        other = first.get((*same, rule.severity))
        if other is not None:
            line = document.position((*level.path, KEY, other.name), at_key=True)[0]
            yield document.error(
                path,
                f"the rules `{other.name}` (line {line}) and `{rule.name}` ask the same of {rule.subject.text}",
                remedy="keep one of them, or give them different severities",
                at_key=True,
            )
        first.setdefault((*same, rule.severity), rule)
    for rule in rules.values():
        if rule.severity != SEVERITIES[1]:
            continue
        mild = first.get((rule.subject, rule.condition.scope, SEVERITIES[0]))
        lenient = zip(rule.condition.leniency, mild.condition.leniency, strict=True) if mild else []
        if mild and all(down <= degraded for down, degraded in lenient):
            line = document.position((*level.path, KEY, mild.name), at_key=True)[0]
            yield document.error(
                (*level.path, KEY, rule.name),
                f"`{mild.name}` (line {line}, degraded) can never be bad without `{rule.name}` (down), which"
                f" asks for as much or more of {rule.subject.text}",
                remedy="let the rule that means down allow more than the one that means degraded",
                at_key=True,
            )
