"""From what the configuration says to a rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackprobe.metricname import key_of
from stackprobe.service_levels.conditions import Condition, Kind, Mistake, kinds
from stackprobe.service_levels.damping import Damping
from stackprobe.service_levels.rule import SEVERITIES, Given, Rule
from stackprobe.service_levels.subject import CallsSubject, RunSubject, ScenarioSubject, StepSubject, Subject
from stackprobe.suggest import listed

SUBJECTS = ("step", "scenario", "calls", "run")
_OF_ALL = (*SUBJECTS, "severity", "damping", "flapping", "description")


def read(name: str, given: Given) -> Rule:
    """A rule.

    :raises Mistake: it cannot be right.
    """
    subject = _subject(given)
    condition = _condition(given, subject)
    damping = Damping.read(given)
    for key, part in (("damping", damping.bad > damping.of), ("flapping", damping.changes >= damping.within)):
        if part:
            few, many = ("bad", "of") if key == "damping" else ("changes", "of")
            raise Mistake((key, few), f"`{few}` of `{many}` runs can never be reached", f"make `{few}` smaller")
    return Rule(name, subject, condition, str(given.get("severity", SEVERITIES[0])), damping)


def _subject(given: Given) -> Subject:
    found = [key for key in SUBJECTS if key in given]
    if not found:
        raise Mistake((), "the rule says not what it is about", f"give one of {listed(SUBJECTS)}")
    if len(found) > 1:
        raise Mistake((found[1],), f"the rule is about `{found[0]}` and `{found[1]}`", "make two rules of it")
    kind, what = found[0], given[found[0]]
    if kind == "step":
        scenario, slash, step = str(what).partition("/")
        if not slash or not scenario or not step:
            raise Mistake(("step",), f"`{what}` is no step", "write it as scenario/step, as compute/create_the_server")
        return StepSubject(scenario, key_of(step))
    if kind == "scenario":
        return ScenarioSubject(str(what))
    return RunSubject() if kind == "run" else _calls(what)


def _calls(what: Mapping[str, Any]) -> CallsSubject:
    texts = {key: str(what.get(key, "*")) for key in ("service", "method", "resource", "status")}
    return CallsSubject(texts["service"], texts["method"], texts["resource"], texts["status"])


def _condition(given: Given, subject: Subject) -> Condition:
    chosen = [kind for kind in kinds() if any(key in given for key in kind.keys)]
    names = [kind.keys[0] for kind in kinds()]
    if not chosen:
        raise Mistake((), "the rule says not what is asked", f"give one of {listed(names)}")
    first = chosen[0]
    if len(chosen) > 1:
        keys = [_key_of(kind, given) for kind in chosen]
        raise Mistake((keys[1],), f"the rule asks for `{keys[0]}` and `{keys[1]}`", "make two rules of it")
    key = _key_of(first, given)
    if subject.kind not in first.subjects:
        remedy = f"it is for {listed(first.subjects)}"
        raise Mistake((key,), f"`{key}` cannot be judged of `{subject.kind}`", remedy)
    for other in given:
        if other not in (*_OF_ALL, *first.keys, *first.also):
            raise Mistake((other,), f"`{other}` has no meaning beside `{key}`", "remove it")
    if isinstance(subject, CallsSubject) and subject.status != "*" and key.endswith("_ratio"):
        message = f"`{key}` looks at calls of every status, not at those with `{subject.status}` alone"
        raise Mistake(("calls", "status"), message, "remove `status`")
    return first.read(given)


def _key_of(kind: Kind, given: Given) -> str:
    return next(key for key in kind.keys if key in given)
