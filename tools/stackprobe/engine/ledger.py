"""What the run has made and not yet removed. Written to the journal before the cloud hears of it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from stackprobe.engine.classify import StepError, status_of
from stackprobe.engine.recorder import Recorder
from stackprobe.resources import KINDS

_IDENTITY = {"keypair": "name"}  # what the API knows a resource by, where that is not its id
_NO_ANSWER = (None, 408, 502, 504)
"""Statuses with which nobody, or a proxy in front of the service, says that the service did not answer."""


@dataclass
class Entry:
    """A resource of this run.

    :param identity: its id as soon as the cloud told it; None while only the intention is known.
    :param settled: the cloud is not at it any more: its creation was answered, be it with an error.
    :param repeated: it was asked for more than once, so that there may be others of its name.
    """

    scenario: str
    kind: str
    name: str
    identity: str | None = None
    settled: bool = False
    repeated: bool = False


class Ledger:
    """The resources of a run, in the order in which they were intended."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._lock = threading.Lock()
        self._entries: list[Entry] = []

    def identity(self, kind: str, result: dict[str, Any], name: str) -> str | None:
        """What the API knows the resource in ``result`` by, which is called ``name``."""
        if KINDS[kind].known_by_name:
            return name
        value = result.get(_IDENTITY.get(kind, "id"))
        return str(value) if value else None

    @contextlib.contextmanager
    def creating(
        self, scenario: str, kind: str, name: str, uncertain: Callable[[], bool] = lambda: False
    ) -> Iterator[Callable[[str], None]]:
        """Around the request that creates a resource: first the intention, then (by the callable) its id.

        A definite refusal takes the intention back; without an answer it stays, and teardown looks by name.

        :param uncertain: whether an earlier attempt got no answer, so that the cloud may have obeyed that one too.
        """
        if kind not in KINDS:
            raise StepError(f"`creates` knows no kind `{kind}`; it knows {', '.join(KINDS)}")
        entry = Entry(scenario, kind, name)
        with self._lock:
            self._entries.append(entry)
        self._write(entry, "intended")

        def created(identity: str) -> None:
            entry.identity, entry.settled, entry.repeated = identity, True, uncertain()
            self._write(entry, "created")

        try:
            yield created
            entry.settled = True
        except BaseException as error:
            status = status_of(error)
            entry.settled = entry.settled or status not in _NO_ANSWER
            refused = status is not None and 400 <= status < 500 and status != 408
            if entry.identity is None and refused and not uncertain():
                self.forget(entry)
            raise

    def find(self, kind: str, identity: str) -> Entry | None:
        """The entry of a resource by its id or name."""
        with self._lock:
            return next(
                (one for one in self._entries if one.kind == kind and identity in (one.identity, one.name)), None
            )

    def forget(self, entry: Entry) -> None:
        """It is gone. One that was asked for repeatedly stays, without its id, for the teardown to look by name."""
        if entry.repeated:
            entry.identity, entry.repeated = None, False
            return
        with self._lock:
            if entry in self._entries:
                self._entries.remove(entry)
        self._write(entry, "deleted")

    def leftover(self, entry: Entry) -> None:
        """It could not be removed."""
        self._write(entry, "leftover")

    def of(self, scenario: str) -> list[Entry]:
        """What a scenario has made and not removed, oldest first."""
        with self._lock:
            return [entry for entry in self._entries if entry.scenario == scenario]

    def count(self) -> int:
        """How many resources of this run are still there, as far as is known."""
        with self._lock:
            return len(self._entries)

    def _write(self, entry: Entry, state: str) -> None:
        write = self._recorder.must_write if state == "intended" else self._recorder.write
        write("resource", scenario=entry.scenario, kind=entry.kind, name=entry.name, id=entry.identity, state=state)
