"""Holds the results of a run, and the history before it, against the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackprobe.history.model import History, Sample
from stackprobe.outputs.clean import one_line
from stackprobe.results import Results
from stackprobe.service_levels.conditions import Judgement, Mistake
from stackprobe.service_levels.damped_run import damped_run
from stackprobe.service_levels.damping import DAY_S, HORIZON_S, damped, verdicts
from stackprobe.service_levels.past import Need, Past
from stackprobe.service_levels.quiet import Quiet
from stackprobe.service_levels.reading import read
from stackprobe.service_levels.rule import Rule
from stackprobe.service_levels.verdict import Evaluation, Verdict
from stackprobe.state.damping import Damping

if TYPE_CHECKING:
    from stackprobe.config.model import Target

FIGURE = "service_level"
"""The first part of the figures of rules, which no scenario may be called."""

DAMPED = "damped"
LONGEST_REASON = 500


def evaluate(
    results: Results, history: History | None, blind: str | None = None, target: Target | None = None
) -> Evaluation:
    """What the rules of a run, which its journal has, say of it.

    :param history: the runs before it; None where there are none to ask.
    :param blind: why not.
    :param target: the settings of its cloud and region: planned maintenance, and the damping of scenarios.
    """
    quiet = Quiet(target.maintenance if target else (), results)
    rules, notes = _rules(results.rules)
    past = Past(history, results.start_t, blind)
    past.load(need for rule in rules for need in rule.condition.needs(rule.subject))
    known = _earlier(rules, past, quiet)
    found = tuple(_verdict(rule, results, past, known.get(rule.name, []), quiet) for rule in rules)
    run = None
    if results.verdict_mode == DAMPED:
        damping = Damping.read(target.damping if target else {})
        run = damped_run(results, past, [one for one in found if one.damped.alarm], damping, quiet)
    return Evaluation(results.run_id, found, past.blind, run, tuple(notes))


def _rules(given: Mapping[str, Any]) -> tuple[list[Rule], list[str]]:
    """The rules, and what is wrong with those that another version of stackprobe has written."""
    rules, notes = [], []
    for name, rule in given.items():
        try:
            rules.append(read(name, rule))
        except (Mistake, TypeError, ValueError, KeyError, AttributeError) as error:
            notes.append(one_line(f"the service level {name} cannot be read: {error}", LONGEST_REASON))
    return rules, notes


def _earlier(rules: Sequence[Rule], past: Past, quiet: Quiet) -> dict[str, list[bool]]:
    """The verdicts of runs before, by rule: of a day, or where that has too few of them, of the whole horizon."""
    if not rules:
        return {}
    found = _within(rules, past, quiet, DAY_S)
    if any(len(found[rule.name]) < rule.damping.memory for rule in rules):
        found = _within(rules, past, quiet, HORIZON_S)
    return found


def _within(rules: Iterable[Rule], past: Past, quiet: Quiet, window_s: float) -> dict[str, list[bool]]:
    series = past.series(Need((f"{FIGURE}.*.{{ok,bad}}",), window_s))

    def of(name: str, kind: str) -> list[Sample]:
        return quiet.rule_without(name, series.get(f"{FIGURE}.{name}.{kind}", ()))

    return {rule.name: verdicts(of(rule.name, "ok"), of(rule.name, "bad")) for rule in rules}


def _verdict(rule: Rule, results: Results, past: Past, earlier: Sequence[bool], quiet: Quiet) -> Verdict:
    past.maintained = quiet.stretches_of_rule(rule.name)
    try:
        judgement = rule.condition.judge(rule.subject, results, past)
    except (ArithmeticError, ValueError, TypeError) as error:  # figures that no run of ours has written
        judgement = Judgement(None, f"it could not be judged: {type(error).__name__}: {error}")
    counts = None if quiet.of_rule(rule.name, results.start_t) else judgement.ok
    return Verdict(
        rule=rule.name,
        subject=rule.subject.text,
        service=rule.subject.service(results),
        ok=judgement.ok,
        reason=one_line(judgement.reason, LONGEST_REASON),
        severity=rule.severity,
        damped=damped(rule.damping, earlier, counts, known=past.blind is None),
    )
