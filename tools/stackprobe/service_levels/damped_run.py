"""The outcome of a run, damped as rules are: for operators who let the exit code follow it.

Each scenario is looked at by itself, so that two blips of two scenarios in two runs are no outage of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stackprobe.history.model import Sample
from stackprobe.metricname import part
from stackprobe.results import Outcome, Results
from stackprobe.results.model import RUN_LEVEL
from stackprobe.service_levels.damping import DAY_S, HORIZON_S, Damping, damped, verdicts
from stackprobe.service_levels.past import Need, Past
from stackprobe.service_levels.verdict import DampedRun, Verdict

_PATTERNS = ("*.{passed,failed}", "run.scenarios_failed")
_Series = Mapping[str, Sequence[Sample]]


def damped_run(results: Results, past: Past, alarms: Iterable[Verdict]) -> DampedRun:
    """What of a run is in alarm, and what is a blip.

    :param alarms: the rules that are in alarm.
    """
    damping = Damping()
    units: dict[str, Outcome] = {suite.name: suite.outcome for suite in results.scenarios}
    units[RUN_LEVEL] = results.run_level.outcome if results.run_level else Outcome.PASSED
    earlier = _earlier(units, past, DAY_S)
    if any(len(one) < damping.memory for one in earlier.values()):
        earlier = _earlier(units, past, HORIZON_S)
    found = [f"{one.rule}: {one.reason} ({one.damped.text})" for one in alarms]
    blips = []
    for name, outcome in units.items():
        good = {Outcome.PASSED: True, Outcome.FAILED: False}.get(outcome)
        state = damped(damping, earlier[name], good, known=past.blind is None)
        if state.alarm:
            found.append(f"{_what(name)}: {state.text}")
        elif good is False:
            blips.append(f"{_what(name)} failed: {state.text}")
    return DampedRun(tuple(found), tuple(blips))


def _what(name: str) -> str:
    return "the run itself" if name == RUN_LEVEL else name


def _earlier(units: Iterable[str], past: Past, window_s: float) -> dict[str, list[bool]]:
    series = past.series(Need(_PATTERNS, window_s))
    return {name: _of_run(series) if name == RUN_LEVEL else _of_scenario(name, series) for name in units}


def _of_scenario(name: str, series: _Series) -> list[bool]:
    """Of one that ran several times in a run, one time that failed is enough."""
    passed, failed = series.get(f"{part(name)}.passed", ()), series.get(f"{part(name)}.failed", ())
    wrong = {one.t for one in failed if one.value > 0}
    return verdicts([one for one in passed if one.t not in wrong], failed)


def _of_run(series: _Series) -> list[bool]:
    """The run as a whole failed where no scenario did and it failed all the same."""
    within = {one.t for one in series.get("run.scenarios_failed", ()) if one.value > 0}
    failed = [one for one in series.get("run.failed", ()) if one.value > 0]
    alone = [one for one in failed if one.t not in within]
    fine = [one for one in series.get("run.passed", ()) if one.value > 0]
    return verdicts([*fine, *(one for one in failed if one.t in within)], alone)
