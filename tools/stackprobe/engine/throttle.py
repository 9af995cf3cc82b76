"""The cap on requests a second to the cloud: a request that would be one too many waits before it is sent."""

from __future__ import annotations

import collections
import threading
import time

from stackprobe.engine.activity import Activity

WINDOW_S = 1.0


class Throttle:
    """Lets at most ``per_second`` requests begin within any second, in the order in which they come.

    That waiting is the harness's time, not the cloud's: a step's deadline moves by it, and its duration leaves it out.

    :param per_second: how many; None: as many as there are. Less than one a second is one in more than a second.
    """

    def __init__(self, per_second: float | None) -> None:
        self._lock = threading.Lock()
        self._burst = max(1, int(per_second or 1))
        self._window_s = WINDOW_S * self._burst / per_second if per_second else 0.0
        self._turns: collections.deque[float] = collections.deque(maxlen=self._burst)

    def hold(self, activity: Activity | None) -> float:
        """Wait until a request may begin; the seconds that this took. The end of the activity ends the waiting, too."""
        if not self._window_s:
            return 0.0
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._turns[0] + self._window_s) if len(self._turns) == self._burst else now
            self._turns.append(turn)
        if turn <= now:
            return 0.0
        if activity is None:
            time.sleep(turn - now)
            return turn - now
        activity.hold(turn - now)
        activity.over.wait(turn - now)
        return time.monotonic() - now
