"""The rules of `faults.json`, of all kinds: a key of its own tells what kind a rule is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pocketcloud.faults import driver_rules, http_rules, outside_rules, packet_rules
from pocketcloud.faults.checks import FaultsError
from pocketcloud.faults.driver_rules import DriverRule
from pocketcloud.faults.http_rules import HttpRule
from pocketcloud.faults.outside_rules import OutsideRule
from pocketcloud.faults.packet_rules import PacketRule

__all__ = ["DriverRule", "FaultsError", "HttpRule", "OutsideRule", "PacketRule", "Rule", "needs_guests", "parse"]

Rule = HttpRule | DriverRule | PacketRule | OutsideRule
KINDS: dict[str, Callable[[str, dict[str, Any]], Rule]] = {
    "driver": driver_rules.parse,
    "packets": packet_rules.parse,
    "outside": outside_rules.parse,
}


def parse(text: str) -> list[Rule]:
    """All rules of a file; blank means none. Raises FaultsError."""
    if not text.strip():
        return []
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise FaultsError(f"not JSON: {error}") from None
    if not isinstance(raw, list):
        raise FaultsError("not a list of rules")
    rules: list[Rule] = []
    seen: dict[str, int] = {}
    for position, item in enumerate(raw):
        try:
            if not isinstance(item, dict):
                raise FaultsError("not an object")
            text = json.dumps(item, sort_keys=True)
            seen[text] = seen.get(text, 0) + 1
            key = f"{text}#{seen[text]}"  # the same rule twice is two rules
            rules.append(_of_its_kind(key, item))
        except FaultsError as error:
            raise FaultsError(f"rule {position}: {error}") from None
    return rules


def needs_guests(rule: Rule) -> bool:
    """Whether there is nothing that a rule could act on in a cloud without guests."""
    return isinstance(rule, PacketRule | OutsideRule) or (
        isinstance(rule, DriverRule) and rule.operation in driver_rules.OF_GUESTS
    )


def _of_its_kind(key: str, item: dict[str, Any]) -> Rule:
    kinds = [kind for kind in KINDS if kind in item]
    if len(kinds) > 1:
        raise FaultsError(f"{' and '.join(kinds)} exclude each other")
    return KINDS[kinds[0]](key, item) if kinds else http_rules.parse(key, item)
