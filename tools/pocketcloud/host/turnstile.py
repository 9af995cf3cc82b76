"""A queue: before SQLite's write lock, and before what is made for one thread."""

from __future__ import annotations

import collections
import threading


class Turnstile:
    """First come, first served, one at a time.

    Before SQLite's lock: who waits there asks again and again, the more rarely the longer it has waited. On a busy
    machine somebody else was always faster, and requests hung for a minute.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: collections.deque[threading.Event] = collections.deque()

    @property
    def waiting(self) -> int:
        """How many are in it, the one whose turn it is among them."""
        return len(self._waiting)

    def __enter__(self) -> None:
        turn = threading.Event()
        with self._lock:
            self._waiting.append(turn)
            if self._waiting[0] is turn:
                turn.set()
        turn.wait()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._waiting.popleft()
            if self._waiting:
                self._waiting[0].set()
