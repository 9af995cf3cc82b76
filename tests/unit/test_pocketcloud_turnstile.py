"""Who waits for SQLite's write lock gets it in its turn."""

from __future__ import annotations

import threading
import time

import pytest
from pocketcloud.host.turnstile import Turnstile


def test_who_came_first_is_served_first() -> None:
    turnstile, order, threads = Turnstile(), [], []

    def pass_through(number: int) -> None:
        with turnstile:
            order.append(number)

    with turnstile:
        for number in range(20):
            threads.append(threading.Thread(target=pass_through, args=(number,)))
            threads[-1].start()
            while turnstile.waiting < number + 2:
                time.sleep(0.001)
        assert order == []
    for thread in threads:
        thread.join(10)
    assert order == list(range(20)) and turnstile.waiting == 0


def test_an_error_within_holds_nobody_up() -> None:
    turnstile = Turnstile()
    with pytest.raises(ValueError, match="broken"), turnstile:
        raise ValueError("broken")
    with turnstile:
        assert turnstile.waiting == 1
