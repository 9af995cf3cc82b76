"""How the outside's servers follow the rules for them."""

from __future__ import annotations

import random
import time

from pocketcloud.faults.book import RuleBook
from pocketcloud.faults.outside_rules import OutsideRule

POLL_S = 0.1


class Silence(Exception):
    """There is no answer."""


class Rules:
    """The rules of one file."""

    def __init__(self, book: RuleBook) -> None:
        self._book = book

    def act(self, server: str, name: str) -> OutsideRule | None:
        """Wait as the rule for a question or a request says, and return it. Raises Silence when it was stuck.

        A rule that leaves the file ends the waiting: a delayed answer comes then, a stuck one never.
        """
        rule = self._book.outside_rule(server, name)
        if rule is None:
            return None
        if rule.delay is not None:
            end = time.monotonic() + random.uniform(*rule.delay)  # noqa: S311
            while time.monotonic() < end and self._book.holds(rule):
                time.sleep(POLL_S)
        if rule.stuck:
            while self._book.holds(rule):
                time.sleep(POLL_S)
            raise Silence
        return rule
