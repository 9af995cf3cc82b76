"""Turns of processes at something on disk, by a lock that the kernel frees when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path

_POLL_S = 0.05


@contextlib.contextmanager
def locked(file: Path, patience_s: float, busy: Exception) -> Iterator[None]:
    """Hold the lock of a file, which is made where it is missing.

    :param patience_s: how long to wait for another holder, seconds.
    :param busy: raised when another one held it all the time.
    """
    deadline = time.monotonic() + patience_s
    with open(file, "w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise busy from None
                time.sleep(_POLL_S)
        yield
