"""Waiting for what a cloud does by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 60.0


def wait(get: Callable[[], Any], until: Callable[[Any], bool]) -> Any:
    """What ``get`` gives as soon as ``until`` holds of it."""
    end = time.monotonic() + PATIENCE_S
    while not until(now := get()):
        assert time.monotonic() < end, now
        time.sleep(0.1)
    return now
