"""Who answered which of many requests: shares, errors, and since when all is as expected."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from stackprobe.metricname import key_of

_MOST_STRAYS = 10


@dataclass(frozen=True)
class Asked:
    """One request on a connection of its own.

    :param began: monotonic seconds.
    :param member: who answered; empty: nobody, and ``error`` says why.
    """

    began: float
    took_ms: float
    member: str = ""
    error: str = ""


@dataclass
class Tally:
    """Requests in the order in which they were made.

    :param members: who is to answer, all of them.
    :param count: how many requests in a row must be as expected.
    :param same: one of them is to answer all of these requests, whoever it is.
    """

    members: tuple[str, ...]
    count: int
    asked: list[Asked] = field(default_factory=list)
    same: bool = False

    @property
    def errors(self) -> int:
        """Requests that nobody has answered well."""
        return sum(1 for one in self.asked if one.error)

    @property
    def strays(self) -> int:
        """Answers of those who were not to answer."""
        return sum(1 for one in self.asked if one.member and one.member not in self.members)

    @property
    def last(self) -> list[Asked]:
        """The requests that count in the end."""
        return self.asked[-self.count :]

    @property
    def settled(self) -> bool:
        """Whether the last ``count`` requests were all as expected, and everybody has answered some of them."""
        return len(self.asked) >= self.count and self.fits({one.member for one in self.last})

    def fits(self, answering: set[str]) -> bool:
        """Whether these, and nobody else, are who is to answer."""
        if self.same:
            return len(answering) == 1 and answering <= set(self.members)
        return answering == set(self.members)

    def settled_after_ms(self, began: float) -> float:
        """From ``began`` (monotonic seconds) until it was as expected and stayed so.

        That is the end of the last request that was not, or the first answer of him who came last, whichever is later.
        """
        moment, seen = began, set[str]()
        for one in self.asked:
            if one.member not in self.members:
                moment, seen = one.began + one.took_ms / 1000, set()
            elif one.member not in seen:
                seen = {one.member} if self.same else seen | {one.member}
                moment = max(moment, one.began)
        return (moment - began) * 1000

    def shares(self) -> dict[str, int]:
        """How many of the last requests each has answered, also who was not to: those who answered most."""
        found = Counter(one.member for one in self.last if one.member)
        return {name: found.pop(name, 0) for name in self.members} | dict(sorted(found.most_common(_MOST_STRAYS)))

    def deviation(self) -> float:
        """By how many requests the one farthest off is away from an equal share of the last ones."""
        fair = len(self.last) / len(self.members)
        return max(abs(answered - fair) for name, answered in self.shares().items() if name in self.members)

    def problems(self, of: list[Asked] | None = None) -> str:
        """What went wrong with requests, in words, the most frequent first."""
        found = Counter(one.error for one in (self.asked if of is None else of) if one.error)
        told = [f"{text} ({number} times)" if number > 1 else text for text, number in found.most_common(3)]
        return "; ".join([*told, "…"] if len(found) > len(told) else told)

    def figures(self) -> dict[str, float]:
        """What it comes to, by names with their units."""
        times = sorted(one.took_ms for one in self.asked if not one.error)
        found = {"requests": float(len(self.asked)), "errors": float(self.errors), "strays": float(self.strays)}
        if times:
            found |= {f"request_p{share}_ms": times[math.ceil(share / 100 * len(times)) - 1] for share in (50, 95)}
            found["request_max_ms"] = times[-1]
        if self.last:
            found |= {
                f"{key_of(name)}_percent": 100 * answered / len(self.last)
                for name, answered in self.shares().items()
                if name in self.members  # others choose their names themselves, and each would be a new metric
            }
        return found
