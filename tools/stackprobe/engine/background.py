"""Steps that go on beside the others of their scenario."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent import futures
from typing import Any

from stackprobe.engine.classify import ERROR

_LOOK_S = 0.5


class Background:
    """A step that goes on in a thread of its own, from now on.

    :param work: executes it; what it raises is its answer, as an error.
    """

    def __init__(self, zone: str | None, name: str, work: Callable[[], dict[str, Any]]) -> None:
        self.zone = zone
        self.answer: futures.Future[dict[str, Any]] = futures.Future()
        self._began, self._ended = time.monotonic(), 0.0

        def run() -> None:
            try:
                answer = work()
            except BaseException as bug:  # whoever joins it would wait for ever
                message = f"the probe itself broke: {type(bug).__name__}: {bug}"
                answer = {"outcome": ERROR, "message": message, "fatal": True, "result": None}
            self._ended = time.monotonic() - float(answer.get("held_s") or 0.0)
            self.answer.set_result(answer)

        threading.Thread(target=run, name=name, daemon=True).start()

    @staticmethod
    def span(joined: Iterable[Background]) -> tuple[float, float]:
        """When the first of these began and the last one ended, monotonic seconds, as if none had been held back by the
        cap on requests. They must be over."""
        return min(one._began for one in joined), max(one._ended for one in joined)


def gather(steps: Sequence[Background], give_up: Callable[[str | None], None]) -> list[dict[str, Any]]:
    """The answers of these steps, as soon as all are over.

    :param give_up: called with the zone of each that went wrong, as long as others are not over.
    """
    left = {one.answer for one in steps}
    while left:
        left = set(futures.wait(left, timeout=_LOOK_S, return_when=futures.FIRST_COMPLETED).not_done)
        # again and again: one may be about to begin
        for zone in {one.zone for one in steps if one.answer.done() and one.answer.result()["fatal"]}:
            if any(one.zone == zone and not one.answer.done() for one in steps):
                give_up(zone)
    return [one.answer.result() for one in steps]


def abandon(steps: Sequence[Background], give_up: Callable[[], None]) -> None:
    """Wait until all are over, which nobody wants any more.

    :param give_up: ends what they are doing; called again and again, since one may be about to begin.
    """
    answers = [one.answer for one in steps]
    while futures.wait(answers, timeout=0.0).not_done:
        give_up()
        futures.wait(answers, timeout=0.1)
