# mypy: disable-error-code="import-untyped, import-not-found"
"""Make oslo.messaging's in-process transport deliver at once."""

from __future__ import annotations

import threading
import time
from typing import Any

IDLE_S = 0.5


def deliver_at_once() -> None:
    """Wake the listeners when a message is delivered.

    Upstream's look for messages twenty times a second. A server's start takes several messages, one after the other.
    """
    from oslo_messaging._drivers import impl_fake

    arrived = threading.Condition()
    deliveries = 0
    seen = threading.local()
    deliver = impl_fake.FakeExchange.deliver_message

    def announce(self: Any, *arguments: Any, **options: Any) -> None:
        nonlocal deliveries
        deliver(self, *arguments, **options)
        with arrived:
            deliveries += 1
            arrived.notify_all()

    class Clock:
        """The module `time`, as the transport shall see it."""

        def sleep(self, seconds: float) -> None:
            """Wait for a message; not at all when some came since this thread last waited."""
            with arrived:
                if getattr(seen, "deliveries", -1) == deliveries:
                    arrived.wait(IDLE_S if seconds >= 0.05 else seconds)
                seen.deliveries = deliveries

        def __getattr__(self, name: str) -> Any:
            return getattr(time, name)

    impl_fake.FakeExchange.deliver_message = announce
    impl_fake.time = Clock()
