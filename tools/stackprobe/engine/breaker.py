"""The circuit breaker: a run does not add to a project in which too much of earlier runs is left."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Callable

import openstack.connection

from stackprobe.engine.activity import Activity, under_way
from stackprobe.engine.classify import StepError
from stackprobe.engine.state import RUN
from stackprobe.sweep import find_leftovers

COUNTING_S = 60.0
"""How long the counting may take, in seconds."""
PATIENCE_S = 10.0
"""How long the first creation waits for the count, in seconds: a service that hangs must not hold up the others."""


class CircuitBreaker:
    """Counts what dead runs left, beside everything else, and refuses creations when that is too much.

    :param prefix: how names of this and earlier runs begin.
    :param limit: create nothing while more than so many resources are left.
    :param cloud: its name, for the remedy.
    :param warn: told why there is no count.
    """

    def __init__(
        self,
        connection: openstack.connection.Connection,
        prefix: str,
        limit: int,
        cloud: str,
        warn: Callable[[str], None],
    ) -> None:
        self._connection, self._prefix, self._limit, self._cloud, self._warn = connection, prefix, limit, cloud, warn
        self._counted: concurrent.futures.Future[int | None] = concurrent.futures.Future()
        self._lock, self._begun = threading.Lock(), False

    def start(self) -> None:
        """Begin to count, unless that was done before."""
        with self._lock:
            begun, self._begun = self._begun, True
        if not begun:
            threading.Thread(target=self._count, name="circuit breaker", daemon=True).start()

    def leftovers(self, timeout_s: float = PATIENCE_S) -> int | None:
        """How many resources of dead runs there are; None when that is not known within ``timeout_s``."""
        self.start()  # also for a scenario that creates although it says that it does not
        try:
            return self._counted.result(timeout_s)
        except concurrent.futures.TimeoutError:
            self._warn(f"leftovers of earlier runs could not be counted within {timeout_s:g} s")
            return None

    def before_creation(self) -> None:
        """Let a creation pass, or not.

        :raises StepError: too much is left; the message names the remedy.
        """
        count = self.leftovers()
        if count is not None and count > self._limit:
            raise StepError(
                f"{count} resources of earlier runs are still in the project, more than max_leftovers ({self._limit}):"
                f" nothing more is created. Run stackprobe sweep --cloud {self._cloud}"
            )

    def _count(self) -> None:
        try:
            with under_way(Activity(time.monotonic() + COUNTING_S, RUN, "Count leftovers")):
                self._counted.set_result(len(find_leftovers(self._connection, self._prefix)))
        except Exception as error:
            self._warn(f"leftovers of earlier runs could not be counted: {error}")
            self._counted.set_result(None)
