"""Rules for packets to and from guests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pocketcloud.faults import checks
from pocketcloud.faults.checks import FaultsError, When

#: Each kind with the keys that go with it; those that it must have are in NEEDED.
KINDS: dict[str, set[str]] = {
    "loss": {"percent"},
    "delay": {"rtt_ms"},
    "rate": {"mbit"},
    "cut": {"peer", "hops"},
    "open": set(),
    "closed": {"protocol", "port", "direction"},
    "spoof": set(),
    "dhcp": {"version"},
    "metadata": set(),
    "ra": set(),
    "floating": set(),
    "refuse_500": {"port"},
}
NEEDED = {"loss": "percent", "delay": "rtt_ms", "rate": "mbit", "refuse_500": "port"}
PROTOCOLS = ("tcp", "udp", "icmp")
DIRECTIONS = ("in", "out")
FIRST_TTL = 64
"""What guests send their packets with; each router takes one away."""
LARGEST_PORT = 65535


@dataclass(frozen=True, eq=False)
class PacketRule:
    """A rule for the packets of the guests whose server's name matches. Nothing is counted: it acts on all of them."""

    key: str
    kind: str
    name: re.Pattern[str]
    percent: float = 0.0  # of the packets to the guest that are lost
    rtt_ms: float = 0.0  # added to the round trip
    mbit: float = 0.0  # 10^6 bits a second, each way
    peer: re.Pattern[str] | None = None  # the name of the server at the other end
    hops: int | None = None  # routers that a packet came through; None: any number
    protocol: str | None = None
    port: int | None = None
    direction: str = "in"
    version: int | None = None  # of IP; None: both
    when: When = When()  # noqa: RUF009 - frozen

    def matches(self, name: str) -> bool:
        """Whether a server of this name is one of those that this rule is about."""
        return self.name.search(name) is not None

    def concerns(self, name: str) -> bool:
        """Whether a server of this name is at one end of what this rule is about."""
        return self.matches(name) or (self.peer is not None and self.peer.search(name) is not None)


def parse(key: str, item: dict[str, Any]) -> PacketRule:
    """A rule from what the file says of it. Raises FaultsError."""
    kind = checks.one_of(item["packets"], "packets", KINDS)
    checks.keys(item, {"id", "packets", "name", *KINDS[kind]})
    if NEEDED.get(kind, "packets") not in item:
        raise FaultsError(f"{kind} needs {NEEDED[kind]}")
    more: dict[str, Any] = {}
    if "percent" in item and not 0 < checks.number(item["percent"], "percent") <= 100:
        raise FaultsError("percent must be more than 0, and 100 at most")
    for name in ("percent", "rtt_ms", "mbit"):
        if name in item:
            more[name] = checks.number(item[name], name)
            if not more[name]:
                raise FaultsError(f"{name} must be more than 0")
    if "peer" in item:
        more["peer"] = checks.pattern(item["peer"], "peer")
    if "protocol" in item:
        more["protocol"] = checks.one_of(item["protocol"], "protocol", PROTOCOLS)
    if "direction" in item:
        more["direction"] = checks.one_of(item["direction"], "direction", DIRECTIONS)
    if "hops" in item:
        more["hops"] = checks.whole(item["hops"], "hops", 0)
        if more["hops"] >= FIRST_TTL:
            raise FaultsError(f"hops must be {FIRST_TTL - 1} at most")
    if "version" in item:
        more["version"] = checks.whole(item["version"], "version", 4)
        if more["version"] not in (4, 6):
            raise FaultsError("version must be 4 or 6")
    if "port" in item:
        more["port"] = _port(kind, item)
    return PacketRule(key, kind, checks.pattern(item.get("name", ""), "name"), **more)


def _port(kind: str, item: dict[str, Any]) -> int:
    if checks.whole(item["port"], "port", 1) > LARGEST_PORT:
        raise FaultsError(f"port must be {LARGEST_PORT} at most")
    if kind == "closed" and item.get("protocol") not in ("tcp", "udp"):
        raise FaultsError("port needs the protocol tcp or udp")
    return int(item["port"])
