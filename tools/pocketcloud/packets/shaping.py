"""When a packet goes on that is lost, delayed, or has to wait for its turn."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pocketcloud.faults.packet_rules import PacketRule

QUEUE_S = 0.1  # what waits longer than this for its turn is lost, as in a router
QUEUE_BITS = 16 * 1500 * 8  # but so much may always wait
ETHERNET_BYTES = 14  # the rate is one of IP packets


@dataclass(frozen=True)
class Shape:
    """What is done to the packets of one lane."""

    loss: float = 0.0  # the probability of each packet
    delay_s: float = 0.0
    bits_per_s: float = 0.0  # 0: any

    @classmethod
    def of(cls, rules: Iterable[PacketRule], inward: bool) -> Shape:
        """What these rules say of the way to a guest, where loss and delay happen, or of the way from it."""
        kept, delay_s, rates = 1.0, 0.0, []
        for rule in rules:
            if rule.kind == "rate":
                rates.append(rule.mbit * 1e6)
            elif inward and rule.kind == "loss":
                kept *= 1 - rule.percent / 100
            elif inward and rule.kind == "delay":
                delay_s += rule.rtt_ms / 1000
        return cls(1 - kept, delay_s, min(rates, default=0.0))

    def __bool__(self) -> bool:
        return bool(self.loss or self.delay_s or self.bits_per_s)


class Shaper:
    """The packets of one lane, one after the other."""

    def __init__(self, shape: Shape, chance: Callable[[], float] = random.random) -> None:
        self.shape = shape
        self._chance = chance
        self._free = 0.0  # when the wire has sent all that it has taken

    def due(self, length: int, now: float) -> float | None:
        """When a frame of so many bytes that comes now goes on (s, the clock of `now`); None when it is lost."""
        shape = self.shape
        if shape.loss and self._chance() < shape.loss:
            return None
        if not shape.bits_per_s:
            return now + shape.delay_s
        wait = max(self._free - now, 0.0)
        if wait > max(QUEUE_S, QUEUE_BITS / shape.bits_per_s):
            return None
        self._free = now + wait + 8 * max(length - ETHERNET_BYTES, 0) / shape.bits_per_s
        return self._free + shape.delay_s
