"""Notices when the runner itself does not get to run: then a long time says nothing about the cloud."""

from __future__ import annotations

import threading
import time

INTERVAL_S = 0.1
LATE_S = 0.5
"""A heartbeat that is late by more than this, in seconds, marks every sample taken at that moment."""


class Heartbeat:
    """A thread that wants to wake every 100 ms and remembers when it could not."""

    def __init__(self) -> None:
        self._late: list[tuple[float, float]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Beat no more; what was noticed stays known."""
        self._stop.set()

    def _beat(self) -> None:
        expected = time.monotonic() + INTERVAL_S
        while not self._stop.wait(max(0.0, expected - time.monotonic())):
            now = time.monotonic()
            if now - expected > LATE_S:
                self._late.append((expected, now))
            expected = now + INTERVAL_S

    def starved(self, start: float, end: float) -> bool:
        """Whether the runner stood still for more than ``LATE_S`` within ``start`` and ``end`` (monotonic seconds)."""
        return any(lost > LATE_S for lost in self._lost(start, end))

    def lost_s(self, start: float, end: float) -> float:
        """How long the runner stood still within ``start`` and ``end`` (monotonic seconds), in seconds."""
        return sum(lost for lost in self._lost(start, end) if lost > 0)

    def _lost(self, start: float, end: float) -> list[float]:
        return [min(end, until) - max(start, since) for since, until in list(self._late)]
