"""Which failures their playbook takes care of. Files of results do not say so; what Ansible counted does.

Of each host Ansible counts failures apart from those that it ignored or that a block rescued. A host whose failure
counts is done with its play, save for what always runs: of several failures, it is the last ones that count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from stackprobe.importing.document import CUT
from stackprobe.importing.plays import Playbook
from stackprobe.recording.verdict import EITHER, FAILED, IGNORED, RESCUED, UNREACHABLE, status_of

Place = tuple[int, int, str]
"""A result: number of the play, number of the task in it, host."""


def handled(playbook: Playbook) -> dict[Place, str]:
    """How each failure that does not count was handled."""
    found: dict[Place, str] = {}
    for host, places in _failures(playbook, FAILED).items():
        stats = _of(playbook.stats, host)
        going_on = [place for place in places if _goes_on(playbook, place)]
        if stats is None:
            found |= dict.fromkeys(going_on, EITHER)
            continue
        counted = _count(stats, "failures")
        rescued, ignored = _count(stats, "rescued"), _count(stats, "ignored")
        how = IGNORED if not rescued else RESCUED if not ignored else EITHER
        ended = [place for place in places if place not in going_on]
        first_to_count = [*reversed(ended), *reversed(going_on)]
        if "rescued" in stats and "ignored" in stats:  # what none of the counts explains was not taken care of
            counted = max(counted, len(places) - rescued - ignored)
        found |= dict.fromkeys(first_to_count[counted:], how)
    for host, places in _failures(playbook, UNREACHABLE).items():
        stats = _of(playbook.stats, host)
        if stats is not None:
            counted = _count(stats, "unreachable")
            if "ignored" in stats:
                counted = max(counted, len(places) - _count(stats, "ignored"))
            found |= dict.fromkeys(list(reversed(places))[counted:], IGNORED)
    return found


def unseen(playbook: Playbook) -> int:
    """How many failures Ansible counted that no result shows."""
    if playbook.stats is None or playbook.cut or any(play.cut for play in playbook.plays):
        return 0
    missing = 0
    for status, name in ((FAILED, "failures"), (UNREACHABLE, "unreachable")):
        seen = _failures(playbook, status)
        for host in playbook.stats:
            missing += max(_count(_of(playbook.stats, host) or {}, name) - len(seen.get(str(host), [])), 0)
    return missing


def _failures(playbook: Playbook, status: str) -> dict[str, list[Place]]:
    """The places of results with that status, by host, in the order of time."""
    found: dict[str, list[Place]] = defaultdict(list)
    for number, play in enumerate(playbook.plays):
        for index, task in enumerate(play.tasks):
            for host, result in task.results.items():
                if status_of(result) == status and not (CUT in result and status == UNREACHABLE):
                    found[host].append((number, index, host))
    return found


def _goes_on(playbook: Playbook, place: Place) -> bool:
    number, index, host = place
    return any(host in task.results for task in playbook.plays[number].tasks[index + 1 :])


def _of(stats: Mapping[str, Any] | None, host: str) -> Mapping[str, Any] | None:
    """What Ansible counted of a host; None where that is not there, or is none."""
    one = stats.get(host) if stats is not None else None
    if not isinstance(one, Mapping) or CUT in one:
        return None
    return one if all(type(one.get(name)) is int for name in ("failures", "unreachable")) else None


def _count(stats: Mapping[str, Any], name: str) -> int:
    value = stats.get(name, 0)
    return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else 0
