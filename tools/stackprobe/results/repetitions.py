"""Makes one scenario of its repetitions: their steps side by side, each problem once, the worst outcome."""

from __future__ import annotations

from dataclasses import replace

from stackprobe.results.model import Problem, Scenario
from stackprobe.results.names import StableNames
from stackprobe.results.outcome import Outcome, worst_of


def merged(repetitions: list[Scenario], run_id: str) -> Scenario:
    """The scenario as a whole; it keeps its ``repetitions``.

    Steps of the first repetition keep their names, those of the others get the number: ``Create the network #2``. So
    a test has the same name in every run, also when the number of repetitions is changed.

    :param repetitions: all of them, judged, in their order; not empty.
    """
    first = repetitions[0]
    if len(repetitions) == 1:
        return first
    names = StableNames(run_id)
    steps = []
    for one in repetitions:
        for step in one.steps:
            step.name = names.give(step.name if one.repetition == 1 else f"{step.name} #{one.repetition}")
            steps.append(step)
    return replace(
        first,
        duration_ms=_span_ms(repetitions),
        outcome=worst_of(one.outcome for one in repetitions),
        message="; ".join(_joined([(one.repetition, one.message) for one in repetitions if one.message])) or None,
        finished=all(one.finished for one in repetitions),
        steps=steps,
        problems=_problems(repetitions),
        calls_without_step=[call for one in repetitions for call in one.calls_without_step],
        resources=[resource for one in repetitions for resource in one.resources],
        repetitions=repetitions,
    )


def _span_ms(repetitions: list[Scenario]) -> float | None:
    """From the beginning of the first to the end of the last."""
    begun = [one for one in repetitions if one.start_t is not None]
    if not begun:
        return None
    ends = [(one.start_t or 0.0) + (one.duration_ms or 0.0) / 1000 for one in begun]
    return max(0.0, max(ends) - min(one.start_t or 0.0 for one in begun)) * 1000


def _problems(repetitions: list[Scenario]) -> list[Problem]:
    found = []
    for outcome in Outcome:
        told = [(one.repetition, p.message) for one in repetitions for p in one.problems if p.outcome is outcome]
        found += [Problem(outcome, message) for message in _joined(told)]
    return found


def _joined(told: list[tuple[int, str]]) -> list[str]:
    """Each message once, with the repetitions that it is about: ``repetitions 2 to 4: …``."""
    numbers: dict[str, list[int]] = {}
    for number, message in told:
        numbers.setdefault(message, []).append(number)
    return [f"{_called(of)}: {message}" for message, of in numbers.items()]


def _called(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"repetition {numbers[0]}"
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"repetitions {numbers[0]} to {numbers[-1]}"
    return f"repetitions {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
