"""Runs jobs side by side without ever waiting for one that hangs."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key")
Result = TypeVar("Result")


class Results(Generic[Key, Result]):
    """What jobs gave: each key is in exactly one of the two."""

    def __init__(self) -> None:
        self.done: dict[Key, Result] = {}
        self.failed: dict[Key, Exception] = {}


def run_all(jobs: Mapping[Key, Callable[[], Result]], *, deadline: float, workers: int = 8) -> Results[Key, Result]:
    """Run the jobs, several at a time, and return when all are done or the deadline has come.

    A job that is not done by then fails with TimeoutError; its thread is left behind and does not keep the process.

    :param deadline: on the monotonic clock.
    """
    waiting: queue.SimpleQueue[Key] = queue.SimpleQueue()
    finished: queue.SimpleQueue[tuple[Key, Result | None, Exception | None]] = queue.SimpleQueue()
    for key in jobs:
        waiting.put(key)

    def work() -> None:
        while time.monotonic() < deadline:
            try:
                key = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                finished.put((key, jobs[key](), None))
            except Exception as error:  # whatever it is, it is the result of this job
                finished.put((key, None, error))

    for _ in range(min(workers, len(jobs))):
        threading.Thread(target=work, daemon=True).start()
    results: Results[Key, Result] = Results()
    missing = set(jobs)
    while missing:
        try:
            key, result, error = finished.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        missing.discard(key)
        if error is None:
            results.done[key] = result  # type: ignore[assignment]
        else:
            results.failed[key] = error
    for key in missing:
        results.failed[key] = TimeoutError("no answer in time")
    return results
