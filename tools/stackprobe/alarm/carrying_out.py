"""Does what is planned with the issues, so that two runs at once end with one issue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from stackprobe.alarm import words
from stackprobe.alarm.plan import SLACK_S, Action, Close, Duplicate, Open, Update, duplicates, plan
from stackprobe.alarm.tracker import Tracker
from stackprobe.state.model import CloudState


def carry_out(
    tracker: Tracker, states: Sequence[CloudState], say: Callable[[str], None], *, dry: bool = False
) -> list[Action]:
    """Bring the issues into accord with the state.

    :param say: is told what is done, a line each.
    :param dry: only tell it.
    :returns: what was done.
    """
    actions = plan(states, tracker.known(_since_t(states)))
    for action in actions:
        say(("would " if dry else "") + describe(action))
        if not dry:
            _do(tracker, action)
    if not dry and any(isinstance(action, Open) for action in actions):
        actions += _yield_to_earlier(tracker, say)
    return actions


def _yield_to_earlier(tracker: Tracker, say: Callable[[str], None]) -> list[Action]:
    """Another run may have opened one at the same time: of each two the later one is closed, whoever sees it."""
    late = duplicates(tracker.known(None))
    for one in late:
        say(describe(one))
        _do(tracker, one)
    return list(late)


def describe(action: Action) -> str:
    """``open: compute of demo / one is down``."""
    if isinstance(action, Open):
        return f"open an issue: {words.title(action)}"
    number = action.issue.number
    if isinstance(action, Update):
        return f"update #{number}: {words.title(action)}"
    if isinstance(action, Close):
        return f"close #{number}: {action.issue.marker.key.service} is up again"
    if isinstance(action, Duplicate):
        return f"close #{number}: #{action.of} is about the same"
    return f"leave #{number} closed: somebody closed it, and the incident lasts"


def _do(tracker: Tracker, action: Action) -> None:
    if isinstance(action, Open):
        tracker.open(words.title(action), words.body(action))
    elif isinstance(action, Update):
        since_t = action.marker.from_t
        known = tuple(dict.fromkeys((*action.issue.marker.causes, *action.marker.causes)))
        action = replace(action, marker=replace(action.marker, causes=known))
        # The comment first: a run that ends between the two says it once all the same, since it looks what was said.
        tracker.comment(action.issue.number, words.changed(action), since_t)
        tracker.edit(action.issue.number, words.title(action), words.body(action))
    elif isinstance(action, Close):
        tracker.comment(action.issue.number, words.closing(action), action.issue.marker.from_t)
        tracker.close(action.issue.number, "completed")
    elif isinstance(action, Duplicate):
        tracker.comment(action.issue.number, words.duplicate(action.of), action.issue.marker.from_t)
        tracker.close(action.issue.number, "not_planned")


def _since_t(states: Sequence[CloudState]) -> float | None:
    """When the earliest incident that lasts began: what was closed before has to do with none of them."""
    begun = [one.incident.from_t for state in states for one in state.services if one.incident]
    return min(begun) - SLACK_S if begun else None
