"""What earlier runs found, as far as a report shows it: how long each step took, and how the last run ended.

A step is known by its figure, its name in metrics behind cloud and region: it stays the same from run to run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stackprobe.history.model import History, HistoryUnavailable, PastRun, Sample
from stackprobe.namings.figures import step_figures
from stackprobe.results import Outcome, Results
from stackprobe.results.outcome import ORDER
from stackprobe.results.statistics import StepKey, statistics

#: Runs whose durations are shown beside a step, and how far they are looked for, seconds.
MOST_RUNS = 40
WINDOW_S = 30 * 86_400
#: Runs that start so shortly before this one are this one itself: Graphite knows only the start of a slot.
_SELF_S = 120


@dataclass(frozen=True)
class Was:
    """A step in the last run.

    :ivar outcome: None where only its duration is known.
    :ivar duration_ms: None where it has none that says something about the cloud.
    """

    outcome: Outcome | None
    duration_ms: float | None


@dataclass(frozen=True)
class LastRun:
    """The run before this one.

    :ivar steps: by figure.
    :ivar names: of steps that people can read, where they are known: scenario and step by figure.
    :ivar scenarios: the figures of the scenarios that it ran.
    """

    t: float
    steps: Mapping[str, Was]
    run_id: str | None = None
    build_url: str | None = None
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def scenarios(self) -> set[str]:
        return {figure.partition(".")[0] for figure in self.steps}


@dataclass(frozen=True)
class Earlier:
    """Everything of earlier runs.

    :ivar durations: of each step in the last runs, in the order of time, by figure.
    :ivar figures: of this run's steps.
    :ivar note: why less is known than was asked for.
    """

    figures: Mapping[StepKey, str] = field(default_factory=dict)
    durations: Mapping[str, Sequence[Sample]] = field(default_factory=dict)
    last: LastRun | None = None
    note: str | None = None

    def durations_of(self, key: StepKey) -> Sequence[Sample]:
        """The durations of a step in earlier runs."""
        return self.durations.get(self.figures.get(key, ""), ())


def gather(results: Results, history: History | None, last: LastRun | None = None) -> Earlier:
    """What is known of the runs before this one; a history that cannot be read is a note and no error.

    :param last: the run to compare with; None: the last one of the history.
    """
    figures = step_figures(results)
    if history is None or not results.known:
        return Earlier(figures, {}, last)
    try:
        runs = history.runs(results.start_t - WINDOW_S, results.start_t - _SELF_S)
        runs = [run for run in runs if run.run_id is None or run.run_id != results.run_id][-MOST_RUNS:]
        if not runs:
            return Earlier(figures, {}, last)
        durations = history.figures(list(_patterns(figures.values(), "duration_ms")), runs[0].t, runs[-1].t)
        by_step = {name.removesuffix(".duration_ms"): samples[-MOST_RUNS:] for name, samples in durations.items()}
        return Earlier(figures, by_step, last or _from_history(history, runs[-1], figures.values(), by_step))
    except HistoryUnavailable as error:
        return Earlier(figures, {}, last, f"earlier runs could not be read: {error}")


def last_run(results: Results) -> LastRun:
    """A run as the one before another."""
    figures = step_figures(results)
    steps, names = {}, {}
    for key, tally in statistics([results]).steps.items():
        outcome = min(tally.outcomes, key=ORDER.index)
        steps[figures[key]] = Was(outcome, tally.spread().mean_ms)
        names[figures[key]] = (key[0], tally.name)
    build_url = results.ci.get("build_url")
    return LastRun(results.start_t, steps, results.run_id, str(build_url) if build_url else None, names)


def _patterns(figures: Iterable[str], ending: str) -> Iterable[str]:
    """Few patterns that match the figures of all steps of these scenarios, with a zone and without."""
    for scenario in dict.fromkeys(figure.partition(".")[0] for figure in figures):
        yield f"{scenario}.*.{ending}"
        yield f"{scenario}.*.*.{ending}"


def _from_history(
    history: History, run: PastRun, figures: Iterable[str], durations: Mapping[str, Sequence[Sample]]
) -> LastRun:
    ending = "{" + ",".join(ORDER) + "}"
    counted = history.figures(list(_patterns(figures, ending)), run.t, run.t)
    outcomes: dict[str, Outcome] = {}
    for outcome in reversed(ORDER):  # the worst last, which stays
        for name, samples in counted.items():
            step, _, kind = name.rpartition(".")
            if kind == outcome and samples[-1].value > 0:
                outcomes[step] = outcome
    took = {step: samples[-1].value for step, samples in durations.items() if samples and samples[-1].t == run.t}
    steps = {step: Was(outcomes.get(step), took.get(step)) for step in outcomes | took}
    return LastRun(run.t, steps, run.run_id, run.build_url)
