"""Rules for the servers of the outside: what it answers to questions for names, and to requests for pages."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any

from pocketcloud.faults import checks
from pocketcloud.faults.checks import FaultsError, When

DNS_CODES = {"NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5}
COMMON = {"id", "outside", "name", "nth", "times", "delay", "stuck"}
SERVERS = {"dns": {"answer", "rcode"}, "http": {"status"}}


@dataclass(frozen=True, eq=False)
class OutsideRule:
    """A rule for one of the outside's servers."""

    key: str
    when: When
    server: str
    name: re.Pattern[str]  # searched in the name that is asked for, or in the path
    delay: tuple[float, float] | None
    stuck: bool
    answer: str | None = None  # an address
    rcode: int | None = None
    status: int | None = None

    def matches(self, server: str, name: str) -> bool:
        """Whether a question or a request is one of those that this rule counts."""
        return self.server == server and self.name.search(name) is not None


def parse(key: str, item: dict[str, Any]) -> OutsideRule:
    """A rule from what the file says of it. Raises FaultsError."""
    server = checks.one_of(item["outside"], "outside", SERVERS)
    checks.keys(item, COMMON | SERVERS[server])
    stuck, delay, answer = checks.flag(item, "stuck"), checks.delay(item), item.get("answer")
    if sum((stuck, *(name in item for name in SERVERS[server]))) > 1:
        raise FaultsError(f"{', '.join(sorted(SERVERS[server]))} and stuck exclude each other")
    if not (stuck or delay or SERVERS[server] & set(item)):
        raise FaultsError(f"says nothing to do: delay, {', '.join(sorted(SERVERS[server]))} or stuck")
    if answer is not None:
        try:
            answer = str(ipaddress.IPv4Address(answer))
        except ValueError as error:
            raise FaultsError(f"answer: {error}") from None
    rcode = DNS_CODES[checks.one_of(item["rcode"], "rcode", DNS_CODES)] if "rcode" in item else None
    status = checks.whole(item["status"], "status", 200) if "status" in item else None
    if status is not None and status > 599:
        raise FaultsError(f"status must be from 200 to 599, not {status}")
    name = checks.pattern(item.get("name", ""), "name")
    return OutsideRule(key, checks.when(item), server, name, delay, stuck, answer, rcode, status)
