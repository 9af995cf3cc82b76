"""A journal that a run survives: when it can no longer be written, the run ends, but its teardown goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from stackprobe.engine.activity import Activity, Call
from stackprobe.engine.unit import parts_of
from stackprobe.journal.writer import Journal, JournalError


class Recorder:
    """Writes records and tells listeners of each, as it was written: without secrets.

    What the engine calls ``scenario`` may be a repetition of one: records say so.

    :param on_blind: called once, with the reason, when the journal cannot be written.
    """

    def __init__(self, journal: Journal, on_blind: Callable[[str], None] = lambda _: None) -> None:
        self.journal = journal
        self.on_blind = on_blind
        self.blind: str | None = None
        self._closed = False
        self.listeners: list[Callable[[dict[str, Any]], None]] = []

    def close(self) -> None:
        """The last record is written. What a thread that was given up still wants to say is of no interest."""
        self._closed = True
        self.journal.close()

    def write(self, record: str, /, **fields: Any) -> None:
        """Write a record; a failure makes the run blind, but does not raise."""
        if self._closed:
            return
        try:
            self.must_write(record, **fields)
        except JournalError as error:
            self._go_blind(str(error))

    def must_write(self, record: str, /, **fields: Any) -> None:
        """Write a record without which the next thing must not happen.

        :raises JournalError: it could not be written.
        """
        if self.blind or self._closed:
            raise JournalError(self.blind or "the run is over")
        try:
            written = self.journal.write(record, **_with_repetition(fields))
        except JournalError as error:
            self._go_blind(str(error))
            raise
        self.tell(written)

    def tell(self, event: dict[str, Any]) -> None:
        """Tell the listeners of something, recorded or not.

        One that cannot listen any more is told nothing further: who reads the output may go, the run goes on.
        """
        told = _with_repetition(event)
        for listener in list(self.listeners):
            try:
                listener(told)
            except (OSError, ValueError):  # the pipe is broken, or the file closed
                with contextlib.suppress(ValueError):  # several steps may find that at once
                    self.listeners.remove(listener)

    def call(self, call: Call, activity: Activity | None) -> None:
        """Record an HTTP request; the measuring session calls this."""
        self.write(
            "call",
            scenario=activity.scenario if activity else "run",
            step=activity.step if activity else None,
            seq=activity.seq if activity else None,
            service=call.service,
            method=call.method,
            url=call.url,
            resource=call.resource,
            status=call.status,
            error=call.error,
            duration_ms=round(call.duration_ms, 3),
            connect_ms=call.connect_ms,
            tls_ms=call.tls_ms,
            request_id=call.request_id,
            attempt=call.attempt,
            start_t=round(call.start_t, 6),
            held_ms=round(call.held_s * 1000, 3) if call.held_s else None,
        )

    def _go_blind(self, reason: str) -> None:
        if not self.blind and not self._closed:
            self.blind = reason
            self.on_blind(reason)


def _with_repetition(fields: dict[str, Any]) -> dict[str, Any]:
    """The same with scenario and repetition apart, where it is not the first."""
    scenario, repetition = parts_of(str(fields.get("scenario")))
    return fields if repetition == 1 else {**fields, "scenario": scenario, "repetition": repetition}
