"""Working off a spool: send in order, read back, send again what is missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from stackprobe.graphite.points import Point
from stackprobe.graphite.readback import ReadBack, ReadBackFailed, Stored
from stackprobe.graphite.spool import Item, Spool
from stackprobe.graphite.wire import ConfirmingSender, NotConfirmed

#: Points of one batch, and so of one connection. Carbon reads a batch of this size in some milliseconds.
BATCH = 500
#: How often it is written down how far a delivery got, seconds: what a kill makes to be sent again.
PROGRESS_S = 1.0
#: Pause between two tries, seconds; doubled up to the longest while nothing moves.
PAUSE_S = 0.5
LONGEST_PAUSE_S = 8.0


@dataclass
class Delivery:
    """How far a delivery got.

    :ivar delivered: points that count as delivered.
    :ivar waiting: points that stay in the spool.
    :ivar superseded: points among the delivered whose slot holds another value: that of a later run, most likely.
    :ivar trouble: the last thing that went wrong, or None.
    """

    delivered: int = 0
    waiting: int = 0
    superseded: int = 0
    trouble: str | None = None


@dataclass
class Deliverer:
    """Delivers what a spool holds.

    :param readback: reads figures back; without it a batch counts as delivered when its peer has consumed it.
    :param wait_s: how long to go on trying while Graphite is away, slow, or does not show what was sent.
    :param settle_s: how long after it was sent a figure has to be readable to count as stored. Within about a second
        carbon can still lose what graphite-web already shows from its memory.
    """

    spool: Spool
    sender: ConfirmingSender
    readback: ReadBack | None
    wait_s: float
    settle_s: float
    say: Callable[[str], None]

    def run(self) -> Delivery:
        """Deliver. The caller holds the spool's lock."""
        state = Delivery()
        deadline = time.monotonic() + self.wait_s
        items = self.spool.items()
        if self.readback is None:
            self._send_all(items, state, deadline)
        else:
            self._send_and_read_back(self.readback, items, state, deadline)
        state.waiting = sum(len(item.points) for item in self.spool.items())
        return state

    def _send_all(self, items: list[Item], state: Delivery, deadline: float) -> None:
        for item in items:
            sent, noted_at = 0, time.monotonic()
            while sent < len(item.points):
                batch = item.points[sent : sent + BATCH]
                if not self._send(batch, state, deadline):
                    if sent:
                        self.spool.keep(item, item.points[sent:])
                    return
                state.delivered += len(batch)
                sent += len(batch)
                if time.monotonic() - noted_at > PROGRESS_S and sent < len(item.points):
                    self.spool.keep(item, item.points[sent:])
                    noted_at = time.monotonic()
            self.spool.done(item)

    def _send(self, batch: list[Point], state: Delivery, deadline: float) -> bool:
        """Send one batch, again and again until it is confirmed or the time is over."""
        pause_s = PAUSE_S
        while True:
            try:
                self.sender.deliver(batch)
            except NotConfirmed as error:
                if state.trouble != str(error):
                    self.say(f"not delivered yet: {error}")
                state.trouble = str(error)
            else:
                state.trouble = None
                return True
            if time.monotonic() + pause_s > deadline:
                return False
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _send_and_read_back(self, readback: ReadBack, items: list[Item], state: Delivery, deadline: float) -> None:
        pause_s = PAUSE_S
        sent: dict[Point, float] = {}  # monotonic time of the last sending
        while items:
            for item in items:
                due = [point for point in item.points if point not in sent]
                for start in range(0, len(due), BATCH):
                    batch = due[start : start + BATCH]
                    if not self._send(batch, state, deadline):
                        return
                    sent.update(dict.fromkeys(batch, time.monotonic()))
            time.sleep(self.settle_s)
            before = sum(len(item.points) for item in items)
            try:
                items = self._take_stored(readback, items, sent, state)
                state.trouble = None
            except ReadBackFailed as error:
                state.trouble = str(error)
                self.say(f"cannot read back yet: {error}")
            left = sum(len(item.points) for item in items)
            pause_s = PAUSE_S if left < before else min(pause_s * 2, LONGEST_PAUSE_S)
            if not left or time.monotonic() + pause_s + self.settle_s > deadline:
                return
            self.say(f"{left} figures are not in Graphite yet")
            time.sleep(pause_s)

    def _take_stored(
        self, readback: ReadBack, items: list[Item], sent: dict[Point, float], state: Delivery
    ) -> list[Item]:
        """Take what is stored off the spool; returns what is left, and forgets as sent what has to be sent again."""
        checked_at = time.monotonic()
        found = readback.check([point for item in items for point in item.points])
        left = []
        for item in items:
            waiting = []
            for point in item.points:
                stored = found[point]
                settled = checked_at - sent.get(point, checked_at) >= self.settle_s
                if stored is Stored.NO:
                    sent.pop(point, None)
                if stored in (Stored.NO, Stored.MEMORY) or not settled:
                    waiting.append(point)
                elif stored is Stored.OTHER:
                    state.superseded += 1
            state.delivered += len(item.points) - len(waiting)
            if waiting:
                left.append(self.spool.keep(item, waiting) if len(waiting) < len(item.points) else item)
            else:
                self.spool.done(item)
        return left
