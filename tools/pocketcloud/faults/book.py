"""The rules in force: re-read whenever the file changes, each with a count of what it matched."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pocketcloud.faults.rules import DriverRule, FaultsError, HttpRule, OutsideRule, PacketRule, Rule, parse

Counted = TypeVar("Counted", DriverRule, OutsideRule)


class RuleBook:
    """Rules of one file for one service's process. Safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._rules: list[Rule] = []
        self._counts: dict[str, int] = {}
        self._problem: str | None = None

    def _refresh(self) -> None:
        try:
            status = os.stat(self.path)
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        except FileNotFoundError:
            self._stamp, self._rules, self._counts, self._problem = None, [], {}, None
            return
        if stamp == self._stamp:
            return
        try:
            self._rules, self._problem = parse(self.path.read_text()), None
        except (OSError, UnicodeDecodeError, FaultsError) as error:
            self._rules, self._problem = [], f"{self.path.name}: {error}"
        self._stamp = stamp
        # a rule that stays keeps its count, whatever else changed around it
        self._counts = {rule.key: self._counts.get(rule.key, 0) for rule in self._rules}

    def _acting(self, rule: Rule) -> bool:
        self._counts[rule.key] += 1
        return rule.when.acts(self._counts[rule.key])

    def http_rule(
        self, service: str, method: str, target: str, interface: str, sent: Callable[[], str] = lambda: ""
    ) -> HttpRule | None:
        """Count a request and return the first rule that acts on it. Raises FaultsError for a file with mistakes."""
        with self._lock:
            self._refresh()
            if self._problem is not None:
                raise FaultsError(self._problem)
            chosen = None
            for rule in self._rules:
                if isinstance(rule, HttpRule) and rule.matches(service, method, target, interface, sent):
                    acting = self._acting(rule)  # every rule counts, also when an earlier one acts
                    chosen = rule if acting and chosen is None else chosen
            return chosen

    def driver_rule(self, operation: str, name: str) -> DriverRule | None:
        """Count an operation and return the first rule that acts on it. A file with mistakes has no rules here."""
        return self._first(DriverRule, operation, name)

    def outside_rule(self, server: str, name: str) -> OutsideRule | None:
        """Count a question for a name, or a request for a path, as `driver_rule` does."""
        return self._first(OutsideRule, server, name)

    def _first(self, kind: type[Counted], what: str, name: str) -> Counted | None:
        with self._lock:
            self._refresh()
            chosen = None
            for rule in self._rules:
                if isinstance(rule, kind) and rule.matches(what, name):
                    acting = self._acting(rule)
                    chosen = rule if acting and chosen is None else chosen
            return chosen

    def packet_rules(self) -> list[PacketRule]:
        """The rules for packets. A file with mistakes has none."""
        with self._lock:
            self._refresh()
            return [rule for rule in self._rules if isinstance(rule, PacketRule)]

    def holds(self, rule: Rule) -> bool:
        """Whether a rule is still in the file."""
        with self._lock:
            self._refresh()
            return any(one.key == rule.key for one in self._rules)
