"""Reads from a history what each run said of each scenario and each rule."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from itertools import pairwise

from stackprobe.config.model import Target
from stackprobe.history.model import History, Sample
from stackprobe.results.outcome import Outcome
from stackprobe.state import services
from stackprobe.state.model import Judgement, Level, Signal

DAY_S = 86400.0
CHUNK_S = 14 * DAY_S
"""So much is read at once: figures take much more memory than what is made of them."""
USUAL_EVERY_S = 3600.0
"""How often a run starts where neither the configuration nor the history says so (s)."""
RECENT = 20
"""So many of the last runs tell how often they start: older ones may be kept in wider slots."""

RUN_FIGURE = "run"
_SCENARIOS = "*.{" + ",".join(Outcome) + "}"
_RULES = "service_level.*.{ok,bad,unknown,alarm}"

ByTime = dict[int, dict[str, float]]


def read(
    history: History,
    target: Target,
    scenarios: Mapping[str, tuple[str, ...]],
    since_t: float,
    until_t: float,
) -> tuple[list[Signal], list[int]]:
    """All signals with a judgement within a stretch of time, by name; and the start of each run.

    :param scenarios: the services of each scenario that exists, by its name in metrics.
    :raises stackprobe.history.model.HistoryUnavailable: it cannot be read.
    """
    found: dict[tuple[bool, str], list[Judgement]] = {}
    for from_t, to_t in _chunks(since_t, until_t):
        for rule, pattern in ((False, _SCENARIOS), (True, _RULES)):
            for name, values in _by_time(history.figures([pattern], from_t, to_t)).items():
                severity = services.severity_of(target.service_levels.get(name))
                judged = found.setdefault((rule, name), [])
                for t in sorted(values):
                    judged.append(_rule(t, values[t], severity) if rule else _scenario(t, values[t]))
    runs = [one.t for one in found.pop((False, RUN_FIGURE), [])]
    signals = []
    for (rule, name), judgements in sorted(found.items()):
        if rule and target.service_levels and name not in target.service_levels:
            continue  # it is no rule any more
        of = (
            services.of_rule(target.service_levels.get(name), scenarios)
            if rule
            else scenarios.get(name, (name.replace("_", "-"),))
        )
        signals.append(Signal(name, of, judgements, _every_s(target, [one.t for one in judgements]), rule))
    return signals, runs


def _chunks(since_t: float, until_t: float) -> Iterator[tuple[float, float]]:
    while since_t <= until_t:
        yield since_t, min(since_t + CHUNK_S - 1, until_t)
        since_t += CHUNK_S


def _by_time(series: Mapping[str, list[Sample]]) -> dict[str, ByTime]:
    """Figures ``….<name>.<kind>`` as values by name, moment and kind."""
    found: dict[str, ByTime] = {}
    for figure, samples in series.items():
        name, kind = figure.split(".")[-2:]
        moments = found.setdefault(name, {})
        for sample in samples:
            moments.setdefault(sample.t, {})[kind] = sample.value
    return found


def _scenario(t: int, values: Mapping[str, float]) -> Judgement:
    """Half of it or more failed: down. Less of it, by repetitions or by runs in one slot of Graphite: degraded."""
    passed, failed = values.get("passed", 0.0), values.get("failed", 0.0)
    if passed + failed <= 0:
        unjudged = values.get("error", 0.0) <= 0 and values.get("skipped", 0.0) > 0
        return Judgement(t, None, skipped=unjudged)
    bad = failed / (passed + failed)
    return Judgement(t, bad, Level.DOWN if bad >= 0.5 else Level.DEGRADED if bad > 0 else Level.UP)


def _rule(t: int, values: Mapping[str, float], severity: Level) -> Judgement:
    """A rule in alarm has its severity; bad ones without an alarm are blips, and have none."""
    ok, bad, alarm = (values.get(kind, 0.0) for kind in ("ok", "bad", "alarm"))
    level = severity if alarm >= 0.5 else Level.UP
    if ok + bad <= 0:
        return Judgement(t, None, level)
    return Judgement(t, bad / (ok + bad), level)


def _every_s(target: Target, times: list[int]) -> float:
    between = [after - before for before, after in pairwise(times[-RECENT:])]
    own_s = float(statistics.median(between)) if between else 0.0
    return max(target.every_s or 0.0, own_s) or USUAL_EVERY_S
