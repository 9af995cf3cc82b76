"""What of a run the page has room for: a run of 50,000 steps is still a page that opens.

What went wrong comes first, every scenario gets its share, and what is left out is counted: the page says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from stackprobe.results import Call, Results, Scenario, Step
from stackprobe.results.model import RUN_LEVEL

MOST_SCENARIOS = 500
#: Steps that went wrong, with everything that is known of them; steps in the tables of the scenarios.
MOST_PROBLEMS = 500
MOST_STEPS = 2_000
#: Calls listed under their steps.
MOST_CALLS = 3_000
MOST_CHECKS = 20
MOST_LEFTOVERS = 200
MOST_NOTES = 100
MOST_OPERATIONS = 300


@dataclass
class Shown:
    """One scenario as the page shows it.

    :ivar problems: steps that went wrong, told in full; ``problems_left_out`` counts the others.
    :ivar steps: rows of its table, in their order; ``steps_left_out`` counts the others.
    """

    suite: Scenario
    problems: list[Step] = field(default_factory=list)
    problems_left_out: int = 0
    steps: list[Step] = field(default_factory=list)
    steps_left_out: int = 0


@dataclass
class Page:
    """All that is shown.

    :ivar suites: in the order of the run.
    :ivar calls: identities of the calls that are listed under their steps.
    """

    suites: list[Shown]
    suites_left_out: int
    calls: set[int]

    @property
    def by_outcome(self) -> list[Shown]:
        """The worst first, the run as a whole after the scenarios."""
        return sorted(self.suites, key=lambda one: (_rank(one.suite), one.suite.name == RUN_LEVEL))


def choose(results: Results) -> Page:
    """What is shown of a run."""
    suites = results.suites
    if len(suites) > MOST_SCENARIOS:
        kept = {id(suite) for suite in sorted(suites, key=_rank)[:MOST_SCENARIOS]}
        suites = [suite for suite in suites if id(suite) in kept]
    bad = [suite.bad_steps for suite in suites]
    problems = [steps[:share] for steps, share in zip(bad, shares(map(len, bad), MOST_PROBLEMS), strict=True)]
    rooms = shares((len(suite.steps) for suite in suites), MOST_STEPS)
    shown = []
    for suite, all_bad, told, room in zip(suites, bad, problems, rooms, strict=True):
        rows = _rows(suite.steps, all_bad, max(room, len(told)))
        shown.append(Shown(suite, told, len(all_bad) - len(told), rows, len(suite.steps) - len(rows)))
    return Page(shown, len(results.suites) - len(suites), _calls(shown))


def shares(wanted: Iterable[int], room: int) -> list[int]:
    """How much of a room each gets: all that it wants, or the same as all the others that want more."""
    wishes = list(wanted)
    given = [0] * len(wishes)
    left = room
    for done, index in enumerate(sorted(range(len(wishes)), key=wishes.__getitem__)):
        given[index] = min(wishes[index], left // (len(wishes) - done))
        left -= given[index]
    return given


def _rank(suite: Scenario) -> int:
    return list(type(suite.outcome)).index(suite.outcome)


def _rows(steps: Sequence[Step], bad: Sequence[Step], room: int) -> list[Step]:
    if len(steps) <= room:
        return list(steps)
    chosen = {id(step) for step in bad[:room]}
    for step in steps:
        if len(chosen) >= room:
            break
        chosen.add(id(step))
    return [step for step in steps if id(step) in chosen]


def _calls(shown: Sequence[Shown]) -> set[int]:
    """Those of steps that went wrong first."""
    steps = sorted((step for one in shown for step in one.steps), key=lambda step: not step.outcome.is_bad)
    found: list[Call] = []
    for step in steps:
        found += step.calls[: MOST_CALLS - len(found)]
        if len(found) >= MOST_CALLS:
            break
    return {id(call) for call in found}
