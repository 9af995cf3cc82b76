"""``error_ratio``: which share of API calls may end with 5xx, with 4xx but 404, or without any answer."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stackprobe.results import Results
from stackprobe.service_levels import earlier
from stackprobe.service_levels.conditions.base import Condition, Judgement, Mistake
from stackprobe.service_levels.conditions.window import DEFAULT_MINIMUM, over, too_few, window
from stackprobe.service_levels.past import Need, Past
from stackprobe.service_levels.subject import CallsSubject, Subject, status_class

KEYS = ("error_ratio",)
ALSO = ("window", "minimum")
SUBJECTS = ("calls",)
CLASSES = ("5xx", "4xx", "no_response")
_ROUNDING = 1e-9


@dataclass(frozen=True)
class ErrorRatio(Condition):
    """At most this share of the calls, by class of status."""

    most: tuple[tuple[str, float], ...]
    window_s: float | None
    minimum: int

    @property
    def scope(self) -> Hashable:
        return "error_ratio", tuple(name for name, _ in self.most), self.window_s

    @property
    def leniency(self) -> tuple[float, ...]:
        return tuple(most for _, most in self.most)

    def needs(self, subject: Subject) -> Iterable[Need]:
        return [] if self.window_s is None else [earlier.tally_need(subject, self.window_s)]

    def judge(self, subject: Subject, results: Results, past: Past) -> Judgement:
        found = subject.statuses(results) if isinstance(subject, CallsSubject) else {}
        if not found:
            return Judgement(None, f"this run made no such calls: {subject.text}")
        if self.window_s is not None:
            for status, count in earlier.statuses(subject, past, self.window_s).items():
                found[status] = found.get(status, 0) + count
            if past.blind:
                return Judgement(None, past.blind)
        calls = sum(found.values())
        if self.window_s is not None and calls < self.minimum:
            return too_few(calls, self.minimum, self.window_s, "calls")
        words, ok = [], True
        for name, most in self.most:
            bad = sum(count for status, count in found.items() if status_class(status) == name)
            ok = ok and bad / calls <= most + _ROUNDING
            words.append(f"{bad:g} {name} ({bad / calls:.2%} of at most {most:.2%})")
        return Judgement(ok, f"of {calls:g} calls {over(self.window_s)} {', '.join(words)}")


def read(given: Mapping[str, Any]) -> Condition:
    """Make it.

    :raises Mistake: it cannot be right.
    """
    shares = given["error_ratio"]
    for name, most in shares.items():
        if most < 0:
            raise Mistake(("error_ratio", name), "this would always be bad: no ratio is below 0", "give 0 or more")
        if most >= 1:
            remedy = f"write {most / 100:g} for {most:g} %" if most > 1 else "give less than 1"
            raise Mistake(("error_ratio", name), "this can never be bad: no ratio is above 1", remedy)
    most = tuple((name, float(shares[name])) for name in CLASSES if name in shares)
    return ErrorRatio(most, window(given), given.get("minimum", DEFAULT_MINIMUM))
