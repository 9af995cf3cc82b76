"""Runs work in a thread of its own, so that it ends in time whatever it waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from stackprobe.engine.activity import Activity, under_way
from stackprobe.engine.classify import ERROR, Judge, Verdict

GRACE_S = 2.0
"""Seconds that a step's thread may take to notice its deadline; then it is given up (a DNS query cannot be ended)."""


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
