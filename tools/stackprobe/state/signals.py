"""Reads from a history what each run said of each scenario and each rule."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from stackprobe.config.model import Target
from stackprobe.history.model import History, PastRun, Sample
from stackprobe.results.outcome import Outcome
from stackprobe.state import services
from stackprobe.state.model import RUN, Judgement, Level, Signal

DAY_S = 86400.0
CHUNK_S = 14 * DAY_S
"""So much is read at once: figures take much more memory than what is made of them."""
USUAL_EVERY_S = 3600.0
"""How often a run starts where neither the configuration nor the history says so (s)."""
RECENT = 20
"""So many of the last runs tell how often they start: older ones may be kept in wider slots."""

_SCENARIOS = "*.{" + ",".join(Outcome) + "}"
_ITSELF = "run.{itself_failed,scenarios_failed}"
_RULES = "service_level.*.{ok,bad,unknown,alarm}"

ByTime = dict[int, dict[str, float]]


@dataclass
class Past:
    """What a history tells.

    :ivar signals: all with a judgement, by name.
    :ivar runs: in the order of time.
    """

    signals: list[Signal]
    runs: list[PastRun]


def read(
    history: History,
    target: Target,
    scenarios: Mapping[str, tuple[str, ...]],
    since_t: float,
    until_t: float,
    *,
    configured: bool = False,
) -> Past:
    """What a history tells of a stretch of time.

    :param scenarios: the services of each scenario that exists, by its name in metrics.
    :param configured: there are no rules but those of the target; else, where it has none, all that the history has.
    :raises stackprobe.history.model.HistoryUnavailable: it cannot be read.
    """
    found: dict[tuple[bool, str], list[Judgement]] = {}
    runs: list[PastRun] = []
    for from_t, to_t in _chunks(since_t, until_t):
        for (rule, name), values in _by_time(history.figures([_SCENARIOS, _RULES, _ITSELF], from_t, to_t)).items():
            severity = services.severity_of(target.service_levels.get(name))
            judge = partial(_rule, severity=severity) if rule else _run if name == RUN else _scenario
            found.setdefault((rule, name), []).extend(judge(t, values[t]) for t in sorted(values))
        runs += history.runs(from_t, to_t)
    if not any(one.bad for one in found.get((False, RUN), ())):
        found.pop((False, RUN), None)  # of what never was wrong there is nothing to say
    signals = []
    for (rule, name), judgements in sorted(found.items()):
        if rule and (configured or target.service_levels) and name not in target.service_levels:
            continue  # it is no rule any more
        of = (
            services.of_rule(target.service_levels.get(name), scenarios)
            if rule
            else (RUN,)
            if name == RUN
            else scenarios.get(name, (name.replace("_", "-"),))
        )
        signals.append(Signal(name, of, judgements, _every_s(target, [one.t for one in judgements]), rule))
    return Past(signals, runs)


def _chunks(since_t: float, until_t: float) -> Iterator[tuple[float, float]]:
    from_t = math.floor(since_t)  # runs start at whole seconds, and none may lie between two chunks
    while from_t <= until_t:
        yield max(from_t, since_t), min(from_t + CHUNK_S - 1, until_t)
        from_t += int(CHUNK_S)


def _by_time(series: Mapping[str, list[Sample]]) -> dict[tuple[bool, str], ByTime]:
    """Figures ``[service_level.]<name>.<kind>``: values by whether it is a rule and its name, moment and kind."""
    found: dict[tuple[bool, str], ByTime] = {}
    for figure, samples in series.items():
        *rule, name, kind = figure.split(".")
        moments = found.setdefault((bool(rule), name), {})
        for sample in samples:
            kinds = moments.setdefault(sample.t, {})
            kinds[kind] = kinds.get(kind, 0.0) + sample.value  # two runs that began in one second both count
    return found


def _scenario(t: int, values: Mapping[str, float]) -> Judgement:
    """Half of it or more failed: down. Less of it, by repetitions or by runs in one slot of Graphite: degraded."""
    passed, failed = values.get("passed", 0.0), values.get("failed", 0.0)
    if passed + failed <= 0:
        unjudged = values.get("error", 0.0) <= 0 and values.get("skipped", 0.0) > 0
        return Judgement(t, None, skipped=unjudged)
    bad = failed / (passed + failed)
    return Judgement(t, bad, Level.DOWN if bad >= 0.5 else Level.DEGRADED if bad > 0 else Level.UP)


def _run(t: int, values: Mapping[str, float]) -> Judgement:
    """The run itself failed: it got no token, say, or a promised service is gone that no scenario needs.

    Earlier releases did not tell that apart: there it failed itself where no scenario did, and it failed all the same.
    """
    passed, failed = values.get("passed", 0.0), values.get("failed", 0.0)
    itself, within = values.get("itself_failed"), values.get("scenarios_failed")
    if passed + failed <= 0 or (itself is None and within is None):
        return Judgement(t, None)
    alone = min(itself, failed) if itself is not None else failed if not within else 0.0
    return _scenario(t, {"passed": passed + failed - alone, "failed": alone})


def _rule(t: int, values: Mapping[str, float], severity: Level) -> Judgement:
    """A rule in alarm has its severity; bad ones without an alarm are blips, and have none."""
    ok, bad, alarm = (values.get(kind, 0.0) for kind in ("ok", "bad", "alarm"))
    level = severity if alarm >= 0.5 else Level.UP
    if ok + bad <= 0:
        return Judgement(t, None, level)
    return Judgement(t, bad / (ok + bad), level)


def _every_s(target: Target, times: list[int]) -> float:
    between = [after - before for before, after in pairwise(times[-RECENT:])]
    own_s = float(statistics.median_low(between)) if between else 0.0  # a pause among few runs is no rhythm
    return max(target.every_s or 0.0, own_s) or USUAL_EVERY_S
