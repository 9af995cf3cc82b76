"""Lets Ansible's free strategy sleep while its steps wait, instead of looking for results a thousand times a second.

That look costs half a core for as long as a scenario waits for the cloud: on a small runner it would slow down the
runner, and with it what is measured. A step's thread wakes the strategy when its result is there.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from ansible.plugins.strategy import free

IDLE_S = 0.02
"""The longest sleep: results of forked workers, which wake nobody, are seen so late at most."""
EAGER_S = 0.006
"""After a wake-up the strategy looks as often as ever for so long: the result is still on its way through its queue."""


class Dozer:
    """Stands in for the module ``time`` in the strategy: the same, but for ``sleep``."""

    def __init__(self) -> None:
        self._awake = threading.Event()
        self._eager_until = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def wake(self) -> None:
        """A result is on its way."""
        self._awake.set()

    def sleep(self, seconds: float) -> None:
        """Sleep ``seconds`` while results are expected, else until one is on its way."""
        if time.monotonic() < self._eager_until:
            time.sleep(seconds)
        elif self._awake.wait(max(seconds, IDLE_S)):
            self._awake.clear()
            self._eager_until = time.monotonic() + EAGER_S


DOZER = Dozer()


def install() -> None:
    """Put the dozer where the free strategy finds its ``time``."""
    if getattr(free, "time", None) is time:
        free.time = DOZER
