"""What earlier runs measured of a subject, from the figures that they left."""

from __future__ import annotations

from collections import defaultdict

from stackprobe.history.model import Sample
from stackprobe.service_levels.figures import Weighted, fraction_of, statistic
from stackprobe.service_levels.past import Need, Past
from stackprobe.service_levels.subject import Subject, Tally, by_status

_NEARLY_ALL = 0.9


def durations_need(subject: Subject, window_s: float) -> Need:
    """The figures of how long it took."""
    leaves = "{count,mean_ms,p95_ms,max_ms}" if subject.kind == "calls" else "{duration_ms,max_ms}"
    return Need(tuple(f"{root}.{leaves}" for root in subject.roots), window_s)


def durations(subject: Subject, past: Past, window_s: float, name: str) -> list[Weighted]:
    """One value a run and figure, the nearest there is to the statistic ``name`` of that run.

    Of calls a run keeps count, mean, 95th percentile and maximum; of anything else the mean of its repetitions and the
    maximum. So ``max`` is exact, a mean of calls too, and a high percentile of calls errs on the side of too much.
    """
    found: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for figure, series in past.series(durations_need(subject, window_s)).items():
        base, _, leaf = figure.rpartition(".")
        for sample in series:
            found[base, sample.t][leaf] = sample.value
    weighted = []
    for leaves in found.values():
        value = next((leaves[leaf] for leaf in _leaves(subject, name) if leaf in leaves), None)
        if value is not None and value >= 0:
            weighted.append(Weighted(value, max(leaves.get("count", 1.0), 1.0)))
    return weighted


def by_run(subject: Subject, past: Past, window_s: float) -> list[Sample]:
    """The mean duration of each run, ms, in the order of time."""
    found: dict[int, list[Weighted]] = defaultdict(list)
    counts: dict[tuple[str, int], float] = {}
    series = past.series(durations_need(subject, window_s))
    for figure, samples in series.items():
        if figure.endswith(".count"):
            counts.update({(figure.removesuffix(".count"), one.t): one.value for one in samples})
    for figure, samples in series.items():
        base, _, leaf = figure.rpartition(".")
        if leaf in ("duration_ms", "mean_ms"):
            for one in samples:
                if one.value >= 0:
                    found[one.t].append(Weighted(one.value, max(counts.get((base, one.t), 1.0), 1.0)))
    return [Sample(t, statistic("mean", values)) for t, values in sorted(found.items())]


def tally_need(subject: Subject, window_s: float) -> Need:
    """The figures of how often it went well."""
    leaves = "count" if subject.kind == "calls" else "{passed,failed}"
    return Need(tuple(f"{root}.{leaves}" for root in subject.roots), window_s)


def tally(subject: Subject, past: Past, window_s: float) -> Tally:
    """How often it went well."""
    if subject.kind == "calls":
        return by_status(statuses(subject, past, window_s))
    good = bad = 0.0
    for figure, samples in past.series(tally_need(subject, window_s)).items():
        count = sum(max(one.value, 0.0) for one in samples)
        if figure.endswith(".passed"):
            good += count
        else:
            bad += count
    return Tally(good, bad)


def statuses(subject: Subject, past: Past, window_s: float) -> dict[str, float]:
    """How many calls were answered with which status."""
    found: dict[str, float] = defaultdict(float)
    for figure, samples in past.series(tally_need(subject, window_s)).items():
        found[figure.split(".")[-2]] += sum(max(one.value, 0.0) for one in samples)
    return dict(found)


def judged_at(subject: Subject, past: Past, window_s: float) -> list[int]:
    """When runs began that judged it, unix seconds, in the order of time."""
    series = past.series(tally_need(subject, window_s))
    return sorted({one.t for samples in series.values() for one in samples if one.value > 0})


def _leaves(subject: Subject, name: str) -> tuple[str, ...]:
    """The leaves of a run's figures that suit a statistic, the nearest first."""
    typical = ("mean_ms",) if subject.kind == "calls" else ("duration_ms",)
    if name == "max":
        return ("max_ms", *typical)
    if subject.kind == "calls" and name != "mean" and fraction_of(name) >= _NEARLY_ALL:
        return ("p95_ms", *typical)
    return typical
