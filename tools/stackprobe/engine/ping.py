"""The program ``ping``: how it is called, and what it says (iputils, busybox)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

# Matched at the beginning of a line of bounded length: what a guest prints must not keep the whole run busy.
_ANSWER = re.compile(r"\d{1,6} bytes from .*?seq=(\d{1,9})\b.*?time[=<](\d{1,9}(?:\.\d{1,9})?) ?ms", re.ASCII)
_SUMMARY = re.compile(r"(\d{1,9}) packets transmitted, (\d{1,9}) (?:packets )?received", re.ASCII)
_LONGEST_LINE = 300
_FORBIDDEN = re.compile(r"Operation not permitted|ermission denied|cap_net_raw|must be root|lacking privilege", re.I)
_UNKNOWN = re.compile(r"(?:unknown|bad|invalid) (?:host|address|name)|Name or service not known|not known", re.I)
_USAGE = re.compile(r"(?:invalid|unrecognized|unknown) option|^usage:|not accept", re.I | re.M)


@dataclass
class Pinged:
    """What was sent and what came back.

    :param times_ms: round trips, in the order of the answers; repeated answers are left out.
    """

    sent: int = 0
    received: int = 0
    times_ms: list[float] = field(default_factory=list)

    @property
    def loss_percent(self) -> float:
        """How much of what was sent was not answered, in %; all of nothing."""
        return 100.0 * (self.sent - self.received) / self.sent if self.sent else 100.0

    def figures(self) -> dict[str, float]:
        """As metrics of the step; round trips only where something answered."""
        found = {"sent": float(self.sent), "received": float(self.received), "loss_percent": self.loss_percent}
        if self.times_ms:
            ordered = sorted(self.times_ms)
            found["rtt_min_ms"], found["rtt_max_ms"] = ordered[0], ordered[-1]
            found["rtt_mean_ms"] = sum(ordered) / len(ordered)
            found["rtt_p95_ms"] = ordered[math.ceil(0.95 * len(ordered)) - 1]
        return found


def command(
    to: str, count: int, interval_s: float | None, size: int, timeout_s: float, interface: str | None = None
) -> list[str]:
    """The words of a call.

    :param interval_s: None: as this ``ping`` likes.
    :param interface: the device that the packets leave by.
    """
    words = ["ping", "-n", "-c", str(count), "-W", str(max(1, math.ceil(timeout_s))), "-s", str(size)]
    by = ["-I", interface] if interface else []
    return [*words, *(["-i", f"{interval_s:g}"] if count > 1 and interval_s else []), *by, to]


def parse(output: str) -> Pinged | None:
    """What ``ping`` printed; None where it says nothing of packets."""
    summary, times_ms = None, dict[str, float]()
    for line in output.splitlines():
        if len(line) > _LONGEST_LINE:
            continue
        if answer := _ANSWER.match(line):
            times_ms.setdefault(answer[1], float(answer[2]))
        summary = summary or _SUMMARY.match(line)
    if summary is None:
        return None
    sent = int(summary[1])
    return Pinged(sent, min(sent, len(times_ms) or int(summary[2])), list(times_ms.values()))


def forbidden(output: str) -> bool:
    """Whether whoever calls ``ping`` may not."""
    return _FORBIDDEN.search(output) is not None


def unknown_host(output: str) -> bool:
    """Whether the name of the host leads nowhere."""
    return _UNKNOWN.search(output) is not None


def no_way(output: str) -> bool:
    """Whether whoever calls ``ping`` knows no way to that address."""
    return "etwork is unreachable" in output


def misused(output: str) -> bool:
    """Whether this ``ping`` does not know an option."""
    return _USAGE.search(output) is not None
