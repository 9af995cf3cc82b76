"""Faults inside the drivers: an operation that fails, lags or never ends."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable

from pocketcloud.faults.book import RuleBook
from pocketcloud.faults.driver_rules import DriverRule

POLL_S = 0.2
_book: RuleBook | None = None


def install(book: RuleBook) -> None:
    """Called once by the service's process, before its drivers work."""
    global _book  # noqa: PLW0603 - drivers are made by the services, there is no other way to hand it to them
    _book = book


def book() -> RuleBook:
    """The rules of this process, for what is no operation that could stall."""
    if _book is None:
        raise RuntimeError("no rules were installed")
    return _book


def while_ruled(rule: DriverRule, over: Callable[[], None]) -> None:
    """Call `over`, in a thread, when the rule has gone, or its delay if it has one."""

    def wait() -> None:
        end = time.monotonic() + random.uniform(*rule.delay) if rule.delay else None  # noqa: S311
        while book().holds(rule) and (rule.stuck or end is None or time.monotonic() < end):
            time.sleep(POLL_S)
        over()

    threading.Thread(target=wait, daemon=True).start()


class InjectedFault(Exception):
    """The hypervisor or the storage failed, because a rule says so."""


def stall(operation: str, name: str | None, abandoned: Callable[[], bool] | None = None) -> None:
    """Apply the rule for this operation on the resource called `name`, if there is one.

    A stuck operation goes on when its rule has gone, or when `abandoned` says that nobody wants it any more.
    """
    rule = find(operation, name)
    if rule is not None:
        apply(rule, abandoned)


def aside(
    operation: str, name: str | None, then: Callable[[], None], abandoned: Callable[[], bool] | None = None
) -> None:
    """Do `then`: now, or, where a rule says so, later, beside what the caller goes on with, or never."""
    rule = find(operation, name)
    if rule is None:
        then()
        return

    def work(rule: DriverRule = rule) -> None:
        with contextlib.suppress(InjectedFault):
            apply(rule, abandoned)
            if not (abandoned and abandoned()):
                then()

    threading.Thread(target=work, daemon=True).start()


def find(operation: str, name: str | None) -> DriverRule | None:
    """Count an operation; the rule that acts on it, for `apply`."""
    return _book.driver_rule(operation, name or "") if _book else None


def apply(rule: DriverRule, abandoned: Callable[[], bool] | None = None) -> None:
    """Wait, and raise InjectedFault, as a rule says."""
    rules = book()
    if rule.delay is not None:
        end = time.monotonic() + random.uniform(*rule.delay)  # noqa: S311
        while time.monotonic() < end and rules.holds(rule) and not (abandoned and abandoned()):
            time.sleep(POLL_S)
    while rule.stuck and rules.holds(rule) and not (abandoned and abandoned()):
        time.sleep(POLL_S)
    if rule.error is not None:
        raise InjectedFault(rule.error)
