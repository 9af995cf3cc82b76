"""What a thread is doing right now, so that every HTTP request finds the step it belongs to and the step's deadline."""

from __future__ import annotations

import contextlib
import math
import socket
import threading
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol


class Endable(Protocol):
    """What can be shut down, as a socket is, so that whoever waits for it wakes."""

    def shutdown(self, how: int, /) -> None:
        """End it, from another thread, without waiting."""


@dataclass
class Call:
    """One HTTP request to a cloud API, as measured at the HTTP layer; ``start_t`` in unix seconds."""

    service: str
    method: str
    url: str
    resource: str
    start_t: float
    attempt: int = 1
    status: int | None = None
    error: str | None = None
    duration_ms: float = 0.0
    connect_ms: float | None = None
    tls_ms: float | None = None
    request_id: str | None = None
    malformed: bool = False
    began: float = 0.0
    ended: float = 0.0
    """Begin and end on the monotonic clock, in seconds."""
    held_s: float = 0.0
    """How long it was held back before it began, by the cap on requests."""

    @property
    def broken(self) -> bool:
        """The cloud did not answer, or answered that it is the one to blame."""
        return self.error is not None or self.malformed or (self.status is not None and self.status >= 500)

    @property
    def retriable(self) -> bool:
        """A later attempt at the same request counts as a retry of this one."""
        return self.broken or self.status == 429


@dataclass
class Activity:
    """One step under way in one thread.

    :param deadline: the end of the step's time, on the monotonic clock, in seconds.
    :param cut_by_run: that end is not the step's own one but the run's.
    :param latest: the end of the run's time, which the deadline never passes (monotonic seconds).
    :param held_s: how long its requests were held back by the cap on requests, in all.
    :param zone: that of the step.
    """

    deadline: float
    scenario: str = "run"
    step: str | None = None
    seq: int | None = None
    cut_by_run: bool = False
    latest: float = math.inf
    held_s: float = 0.0
    zone: str | None = None
    calls: list[Call] = field(default_factory=list)
    aborted: str | None = None
    connection: Any = None
    sending: Call | None = None
    """The request that is under way."""
    doing: str | None = None
    """What else than a request to the cloud's API is under way."""
    seen: str | None = None
    """The state that a wait saw last, in words."""
    over: threading.Event = field(default_factory=threading.Event)
    """Set when its work is done, or is no longer waited for."""

    def remaining(self) -> float:
        """Seconds left; 0 once the step was aborted."""
        return 0.0 if self.aborted else max(0.0, self.deadline - time.monotonic())

    def hold(self, seconds: float) -> None:
        """A request is to be held back for so long: that time is not the cloud's."""
        self.held_s += seconds
        self.cut_by_run = self.cut_by_run or self.deadline + seconds > self.latest
        self.deadline = max(self.deadline, min(self.deadline + seconds, self.latest))

    def abort(self, reason: str) -> None:
        """End the request that is under way: its socket is shut down, so that the waiting thread wakes at once."""
        self.aborted = self.aborted or reason
        connection = self.connection
        sock = getattr(connection, "sock", None)
        # A connection that went back to the pool meanwhile may already serve another step.
        if sock is not None and getattr(connection, "stackprobe_user", None) is self:
            with contextlib.suppress(Exception):  # whatever it is, whoever ends a step has more to do
                sock.shutdown(socket.SHUT_RDWR)
        self.over.set()

    @contextlib.contextmanager
    def holding(self, sock: Endable) -> Iterator[None]:
        """Around the use of a socket, or the like, that is no call's: it is shut down when the time is over."""
        self.connection = types.SimpleNamespace(sock=sock, stackprobe_user=self)
        try:
            yield
        finally:
            self.connection = None

    def last_call(self) -> Call | None:
        """The request that was sent last."""
        return self.calls[-1] if self.calls else None

    def next_attempt(self, method: str, url: str) -> int:
        """1, or one more than the attempt that failed just before with the same method and URL."""
        last = self.last_call()
        return last.attempt + 1 if last and last.retriable and (last.method, last.url) == (method, url) else 1

    def unrecovered(self) -> Call | None:
        """The last request that was answered with nonsense and not answered well by a later attempt."""
        good: set[tuple[str, str]] = set()
        for call in reversed(self.calls):
            if call.malformed and (call.method, call.url) not in good:
                return call
            if not call.retriable:
                good.add((call.method, call.url))
        return None

    def uncertain(self) -> bool:
        """Whether a request to change something got no proper answer: the cloud may have done it all the same."""
        return any(call.broken and call.method not in ("GET", "HEAD") for call in self.calls)

    def wire_ms(self) -> float | None:
        """Milliseconds from the first request to the end of the last answer: the cloud's time without our own work
        before and after it, and without what requests were held back; None when nothing was sent."""
        if not self.calls:
            return None
        held_s = sum(call.held_s for call in self.calls[1:])
        return max(0.0, self.calls[-1].ended - self.calls[0].began - held_s) * 1000

    def retries(self) -> int:
        """How many of its requests were sent since the same one before had failed."""
        return sum(1 for call in self.calls if call.attempt > 1)


_current = threading.local()


def current() -> Activity | None:
    """The activity of this thread, if one is under way."""
    return getattr(_current, "activity", None)


@contextlib.contextmanager
def under_way(activity: Activity) -> Iterator[Activity]:
    """Make ``activity`` the one that this thread's HTTP requests belong to."""
    previous = current()
    _current.activity = activity
    try:
        yield activity
    finally:
        _current.activity = previous
