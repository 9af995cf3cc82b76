"""Notices the signals that ask a command to end, and leaves it to the command how."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stop:
    """SIGTERM, SIGINT and a closed terminal (SIGHUP) end a command gracefully.

    :ivar number: of the first such signal; None: there was none.
    """

    def __init__(self) -> None:
        self.number: int | None = None

    @property
    def reason(self) -> str | None:
        """Its name, if there was one."""
        return None if self.number is None else signal.Signals(self.number).name

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Meanwhile signals are noticed."""
        previous = {number: signal.signal(number, self._take) for number in _ENDING}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        self.number = self.number or number
