"""The annotations of a run: what went wrong as errors, what is slow or degraded as warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from stackprobe.errors import sentence
from stackprobe.github.annotation import MOST_OF_A_LEVEL, Annotation
from stackprobe.outputs import wording
from stackprobe.outputs.warning_lines import warning_lines
from stackprobe.results import Outcome, Results, Scenario, Step

_WHOSE = {Outcome.FAILED: "The cloud failed", Outcome.ERROR: "The probe could not judge"}


def errors(results: Results, located: Callable[[str], str]) -> list[Annotation]:
    """At most ten, failures of the cloud first. Where there is more to say, the last one says how much.

    Where the exit code is damped, and all that failed is no alarm yet, they are warnings.

    :param located: makes the file of a step one of the workspace.
    """
    found = _errors(results, located)
    return _limited([one if results.exit_code else replace(one, level="warning") for one in found])


def warnings(results: Results, troubles: Iterable[str] = ()) -> list[Annotation]:
    """At most ten, troubles after the run first."""
    title = f"Probing {wording.place(results)}"
    return _limited([Annotation("warning", title, line) for line in [*troubles, *warning_lines(results)]])


def _errors(results: Results, located: Callable[[str], str]) -> Iterator[Annotation]:
    for outcome in (Outcome.FAILED, Outcome.ERROR):
        for suite in results.suites:
            for step in suite.steps:
                if step.outcome is outcome:
                    yield _of_step(suite, step, located)
        for suite in results.suites:
            for problem in suite.problems:
                if problem.outcome is outcome:
                    file = located(suite.file) if suite.file else None
                    yield Annotation("error", f"{_WHOSE[outcome]} – {suite.name}", problem.message, file, 1)


def _of_step(suite: Scenario, step: Step, located: Callable[[str], str]) -> Annotation:
    message = step.message or str(step.outcome)
    if step.remedy:
        message = f"{message.rstrip('.')}. {sentence(step.remedy)}"
    title = f"{_WHOSE[step.outcome]} – {suite.name}, {step.name}"
    return Annotation("error", title, message, located(step.file) if step.file else None, step.line)


def _limited(annotations: Sequence[Annotation]) -> list[Annotation]:
    if len(annotations) <= MOST_OF_A_LEVEL:
        return list(annotations)
    shown, rest = annotations[: MOST_OF_A_LEVEL - 1], annotations[MOST_OF_A_LEVEL - 1 :]
    title = f"… and {len(rest)} more"
    names = "; ".join(one.title if one.level == "error" else one.message for one in rest)
    return [*shown, Annotation(rest[0].level, title, f"See the summary of the run. {names}")]
