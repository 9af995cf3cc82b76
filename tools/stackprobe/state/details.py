"""What exactly was bad in a run: the steps and their messages, where the history has them."""

from __future__ import annotations

from collections.abc import Sequence

from stackprobe.history.model import History, HistoryUnavailable, PastRun
from stackprobe.metricname import part
from stackprobe.outputs.clean import one_line
from stackprobe.results.outcome import Outcome
from stackprobe.state.model import Judgement, Signal

MOST_STEPS = 3
LONGEST = 200


class Details:
    """Names bad steps.

    :param runs: those of the history.
    """

    def __init__(self, history: History, runs: Sequence[PastRun]) -> None:
        self._history = history
        self._bad = {run.t: run.bad for run in runs if run.bad}

    def __call__(self, signal: Signal, judgement: Judgement) -> str:
        """``Boot the server: 503 Service Unavailable``; from a history without messages the names of steps in metrics.

        Empty of a rule, and where nothing is known.
        """
        if signal.rule:
            return ""
        bad = [one for one in self._bad.get(judgement.t, ()) if part(one.scenario) == signal.name]
        bad = [one for one in bad if one.outcome is Outcome.FAILED] or bad
        if bad:
            words = [": ".join(filter(None, (one.step, one.message))) for one in bad[:MOST_STEPS]]
            return "; ".join(one_line(word, LONGEST) for word in words if word)
        pattern = f"{signal.name}.*.{Outcome.FAILED}"
        try:
            figures = self._history.figures([pattern], judgement.t, judgement.t)
        except HistoryUnavailable:
            return ""
        names = [figure.split(".")[1] for figure, samples in figures.items() if any(one.value > 0 for one in samples)]
        return ", ".join(names[:MOST_STEPS])
