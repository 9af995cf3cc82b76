"""Runs work in a thread of its own, so that it ends in time whatever it waits for, or once nobody wants it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from typing import Any

from stackprobe.engine.activity import Activity, under_way
from stackprobe.engine.classify import ERROR, Judge, Verdict

GRACE_S = 2.0
"""Seconds that a step's thread may take to notice its deadline; then it is given up (a DNS query cannot be ended)."""


class Performer:
    """Performs what a run has to do, several things at a time."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._lock = threading.Lock()
        self._stoppable: dict[int, Activity] = {}
        self.interrupted: str | None = None
        """Why nothing that is stoppable is begun any more."""

    def perform(
        self, activity: Activity, work: Callable[[], Any], *, stoppable: bool = False
    ) -> tuple[Any, Verdict | None]:
        """Do ``work`` within the activity's time; its result, or the verdict on its failure.

        :param stoppable: ends, or does not even begin, when the run is interrupted; teardown goes on.
        """
        if stoppable:
            with self._lock:
                self._stoppable[id(activity)] = activity
                if self.interrupted:
                    activity.abort(self.interrupted)
        try:
            return perform(activity, work, self._judge)
        finally:
            with self._lock:
                self._stoppable.pop(id(activity), None)

    @property
    def busy(self) -> bool:
        """Whether something stoppable is under way."""
        return bool(self._stoppable)

    def interrupt(self, reason: str) -> None:
        """End all that is stoppable, and begin no more."""
        self.interrupted = self.interrupted or reason
        self._abort(reason, lambda _: True)

    def give_up(self, reason: str, scenario: str, zones: Collection[str | None] | None = None) -> None:
        """End what is stoppable and under way in a scenario.

        :param zones: only in these; default: in all, and in none.
        """
        self._abort(reason, lambda one: one.scenario == scenario and (zones is None or one.zone in zones))

    def _abort(self, reason: str, chosen: Callable[[Activity], bool]) -> None:
        with self._lock:
            activities = [one for one in self._stoppable.values() if chosen(one)]
        for activity in activities:
            activity.abort(reason)


def perform(activity: Activity, work: Callable[[], Any], judge: Judge) -> tuple[Any, Verdict | None]:
    """Do ``work`` within the activity's time; its result, or the verdict on its failure."""
    done = threading.Event()
    outcome: list[tuple[Any, Verdict | None]] = []

    def target() -> None:
        try:
            with under_way(activity):
                found: tuple[Any, Verdict | None] = (work(), None)
        except BaseException as error:
            found = (None, _judged(error, activity, judge))
        outcome.append(found)
        done.set()
        activity.over.set()

    threading.Thread(target=target, name=f"{activity.scenario}: {activity.step}", daemon=True).start()
    while not activity.over.wait(left := max(0.0, activity.deadline - time.monotonic())):
        if left == 0.0 or time.monotonic() >= activity.deadline:  # it may have moved meanwhile
            activity.abort("deadline")
    done.wait(GRACE_S)
    if outcome:
        return outcome[0]
    activity.aborted = activity.aborted or "deadline"
    return None, judge.judge(TimeoutError("deadline passed"), activity)


def _judged(error: BaseException, activity: Activity, judge: Judge) -> Verdict:
    try:
        return judge.judge(error, activity)
    except Exception as bug:
        return Verdict(ERROR, f"the probe could not judge {error!r}: {bug!r}")
