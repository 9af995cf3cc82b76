"""The outcome of a run, damped as the state of services is: for operators who let the exit code follow it.

Each scenario is looked at by itself, so that two blips of two scenarios in two runs are no outage of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stackprobe.history.model import Sample
from stackprobe.metricname import part
from stackprobe.results import Outcome, Results
from stackprobe.results.model import RUN_LEVEL
from stackprobe.service_levels.damping import DAY_S, HORIZON_S, verdicts
from stackprobe.service_levels.past import Need, Past
from stackprobe.service_levels.quiet import Quiet
from stackprobe.service_levels.verdict import Damped, DampedRun, Verdict
from stackprobe.state.damping import Damping, lasts

MEMORY = 4
"""So many times the runs that damping looks at are gone through at least, where there are so many."""

_PATTERNS = ("*.{passed,failed}", "run.{itself_failed,scenarios_failed}")
_Series = Mapping[str, Sequence[Sample]]


def damped_run(results: Results, past: Past, alarms: Iterable[Verdict], damping: Damping, quiet: Quiet) -> DampedRun:
    """What of a run is in alarm, and what is a blip.

    :param alarms: the rules that are in alarm.
    :param damping: of scenarios: the one by which their services are down.
    """
    units: dict[str, Outcome] = {suite.name: suite.outcome for suite in results.scenarios}
    units[RUN_LEVEL] = results.run_level.outcome if results.run_level else Outcome.PASSED
    earlier, known = _earlier(units, past, quiet, DAY_S)
    if any(len(one) < MEMORY * damping.of for one in earlier.values()):
        earlier, known = _earlier(units, past, quiet, HORIZON_S)
    found = [f"{one.rule}: {one.reason} ({one.damped.text})" for one in alarms]
    blips = []
    for name, outcome in units.items():
        good = {Outcome.PASSED: True, Outcome.FAILED: False}.get(outcome)
        maintained = quiet.of_scenario(name, results.start_t)
        state = _state(damping, earlier[name], None if maintained else good, known)
        if state.alarm:
            found.append(f"{_what(name)}: {state.text}")
        elif good is False:
            why = "in planned maintenance" if maintained else state.text
            blips.append(f"{_what(name)} failed: {why}")
    return DampedRun(tuple(found), tuple(blips))


def _state(damping: Damping, earlier: Sequence[bool], now: bool | None, known: bool) -> Damped:
    """As the state of services is: see :mod:`stackprobe.state.damping`."""
    if not known:
        return Damped(alarm=now is False, bad=int(now is False), seen=int(now is not None), known=False)
    judged = [*earlier, *([] if now is None else [now])]
    recent = judged[-damping.of :]
    return Damped(lasts(judged, damping), bad=recent.count(False), seen=len(recent))


def _what(name: str) -> str:
    return "the run itself" if name == RUN_LEVEL else name


def _earlier(units: Iterable[str], past: Past, quiet: Quiet, window_s: float) -> tuple[dict[str, list[bool]], bool]:
    """Earlier verdicts, and whether any run is known: a history that nobody fills must not make each run the first."""
    series = past.series(Need(_PATTERNS, window_s))
    found = {
        name: _of_run(name, series, quiet) if name == RUN_LEVEL else _of_scenario(name, series, quiet) for name in units
    }
    return found, past.blind is None and bool(series)


def _of_scenario(name: str, series: _Series, quiet: Quiet) -> list[bool]:
    """Of one that ran several times in a run, one time that failed is enough."""
    passed, failed = (
        quiet.scenario_without(name, series.get(f"{part(name)}.{kind}", ())) for kind in ("passed", "failed")
    )
    wrong = {one.t for one in failed if one.value > 0}
    return verdicts([one for one in passed if one.t not in wrong], failed)


def _of_run(name: str, series: _Series, quiet: Quiet) -> list[bool]:
    """What the run itself failed in; where that is not told: no scenario failed, and the run did all the same."""
    within = {one.t for one in series.get("run.scenarios_failed", ()) if one.value > 0}
    itself = {one.t: one.value > 0 for one in series.get("run.itself_failed", ())}
    failed = [one for one in series.get("run.failed", ()) if one.value > 0]
    alone = [one for one in failed if itself.get(one.t, one.t not in within)]
    fine = [one for one in series.get("run.passed", ()) if one.value > 0]
    good = [*fine, *(one for one in failed if one not in alone)]
    return verdicts(quiet.scenario_without(name, good), quiet.scenario_without(name, alone))
