"""Threads, whatever a release of the services knows."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import contextlib
import importlib.abc
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from pocketcloud.series import Series


def choose(series: Series) -> None:
    """Have oslo.service use threads. To be called before the services are imported, and as often as one likes."""
    if series.threads:
        from oslo_service import backend

        backend.init_backend(backend.BackendType.THREADING)
    elif "eventlet" not in sys.modules:
        from pocketcloud.host.older import eventlet_on_threads

        eventlet_on_threads.install()


@contextlib.contextmanager
def without_eventlet(series: Series) -> Iterator[None]:
    """Keep eventlet out of what is imported meanwhile: oslo libraries pick it up when they see it.

    A release that needs it gets our stand-in, which may be seen.
    """
    finder = _NoEventlet()
    if series.threads:
        sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if series.threads:
            sys.meta_path.remove(finder)


class _NoEventlet(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> None:
        """Refuse eventlet."""
        if fullname.partition(".")[0] == "eventlet":
            raise ImportError("threads only")
