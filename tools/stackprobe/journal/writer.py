"""Appending to a journal, so that a kill at any moment leaves every earlier record readable."""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

#: Longest text kept of one value, characters. What is longer keeps its head and its tail: an answer of megabytes must
#: not turn one record into megabytes.
LONGEST_TEXT = 16_384

Scrub = Callable[[Any], Any]


class JournalError(Exception):
    """The journal could not be written (disk full, file gone, not writable): the run is blind from here on."""


class Journal:
    """An append-only journal file, safe to use from several threads.

    Each record is one line and goes out in one ``write(2)`` on a descriptor opened with ``O_APPEND``, so that lines of
    several threads, or of several processes, never mix, and a kill cuts the last line at most.

    :param path: the file; created with mode 0600 when it does not exist. Its directory has to exist.
    :param scrub: applied to every record before it is written; has to return what may be stored (secrets removed).
    :raises JournalError: when the file cannot be opened.
    """

    def __init__(self, path: str | Path, scrub: Scrub | None = None) -> None:
        self.path = Path(path)
        self._scrub = scrub
        self._lock = threading.Lock()
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        try:
            self._descriptor = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise JournalError(f"cannot open the journal {self.path}: {error.strerror}") from error
        self._torn = _ends_within_a_line(self._descriptor)

    def write(self, type: str, **fields: Any) -> dict[str, Any]:
        """Append one record and return it as it was stored, without secrets; adds ``t``, the runner's clock in unix
        seconds, unless the caller gives it.

        Values that JSON does not know are stored as their text, numbers that are not finite as null.

        :raises JournalError: when the record could not be written whole. The records before it stay readable, and a
            later write starts on a line of its own.
        """
        record = {"type": type, "t": round(time.time(), 6), **fields}
        stored, line = self._stored(record)
        with self._lock:
            if self._descriptor < 0:
                raise JournalError(f"the journal {self.path} is closed; the record {type!r} was not written")
            data = b"\n" + line if self._torn else line
            try:
                written = os.write(self._descriptor, data)
            except OSError as error:
                raise JournalError(f"cannot write to the journal {self.path}: {error.strerror}") from error
            self._torn = written < len(data)
            if self._torn:
                # write(2) stores what still fits and reports it as a success: the rest is what a full disk refused.
                raise JournalError(
                    f"cannot write to the journal {self.path}: only {written} of {len(data)} bytes fitted (disk full?)"
                )
        return stored

    def _stored(self, record: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        try:
            storable: dict[str, Any] = _storable(record)
            if self._scrub is not None:
                storable = self._scrub(storable)
            # ASCII only: an escaped lone surrogate stays a valid line, a raw one could not be encoded at all.
            line = json.dumps(storable, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode() + b"\n"
            return storable, line
        except (TypeError, ValueError, RecursionError) as error:
            raise JournalError(f"cannot store a record of type {record['type']!r} in {self.path}: {error}") from error

    def close(self) -> None:
        """Close the file. A second call does nothing."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _ends_within_a_line(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _storable(value: Any) -> Any:
    """The same value in JSON's own types, long texts clipped, numbers that are not finite as null."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _storable(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_storable(part) for part in value]
    text = value if isinstance(value, str) else str(value)
    if len(text) <= LONGEST_TEXT:
        return str(text)
    half = LONGEST_TEXT // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
